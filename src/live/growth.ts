/**
 * Partitions that a log gets while it is read. They are read from their beginning where that was accepted; else the run
 * takes a checkpoint and stops, because records that nobody reads are nothing to be silent about (L7).
 */
import { badData, type HeadwaterError } from '../errors.ts'
import type { HandoffFlags } from '../handoff/handoff.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import type { LogDescription } from '../source/log.ts'
import type { Positions } from './positions.ts'

/** One partition that came. */
export interface NewPartition {
  readonly source: string
  readonly partition: number
}

/** Looks at what logs say, and at what is read of them. */
export class Growth {
  readonly #graph: JobGraph
  readonly #flags: HandoffFlags
  readonly #generation: Pick<Manifest, 'sources'>

  /** `generation`: what the tasks of the job began with, where this is one of several: the others read partitions of it too. */
  constructor(graph: JobGraph, flags: HandoffFlags, generation: Pick<Manifest, 'sources'> | null = null) {
    this.#graph = graph
    this.#flags = flags
    this.#generation = generation ?? { sources: [] }
  }

  /** The partitions that nobody reads yet. */
  found(logs: ReadonlyMap<string, LogDescription>, positions: Positions): readonly NewPartition[] {
    return [...logs].flatMap(([source, log]) => {
      const others = this.#generation.sources.find(({ name }) => name === source)?.partitions ?? []
      const known = new Set([...positions.of(source).keys(), ...others.map(({ partition }) => partition)])
      const unknown = log.partitions.filter(({ partition }) => !known.has(partition))
      return unknown.map(({ partition }) => ({ source, partition }))
    })
  }

  /** Why a partition can't be read; null where it may. */
  refusal({ source, partition }: NewPartition): HeadwaterError | null {
    const isKeyed = this.#graph.sources.some(
      ({ name, partitionedByKey }) => name === source && partitionedByKey,
    )
    const thing = `source ${source} partition ${partition}`
    if (isKeyed) {
      return badData({
        code: 'partition-count-changed',
        thing,
        expected: 'the partitions among which its keys were divided when the run began',
        found: 'one more: keys have moved, and a key’s clock is its partition’s',
        remedy:
          'declare the source without partitionedByKey, and go on with --new-partitions earliest; a checkpoint was taken',
      })
    }
    if (this.#flags.newPartitions === 'earliest') return null
    return badData({
      code: 'new-partition',
      thing,
      expected: 'the partitions that were there when the run began',
      found: 'one that came since',
      remedy:
        'start again with --new-partitions earliest: it is read from its beginning; a checkpoint was taken',
    })
  }
}
