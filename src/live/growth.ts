/**
 * Partitions that a log gets while it is read. They are read from their beginning where that was accepted; else the run
 * takes a checkpoint and stops, because records that nobody reads are nothing to be silent about (L7). Where the source is read
 * by its key, keys are divided anew: one task goes on, with clocks that do not go back (record/grown-clock.ts), and several stop,
 * since what a key's former partition still holds may be another task's (TASKS.md, section 3).
 */
import { badData, type HeadwaterError } from '../errors.ts'
import type { HandoffFlags } from '../handoff/handoff.ts'
import { growthOf } from '../handoff/partition-plan.ts'
import type { JobGraph } from '../job/graph.ts'
import type { SourceGrowth } from '../savepoint/handoff-facts.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import type { LogDescription } from '../source/log.ts'
import type { LiveJob } from './live-job.ts'
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
  readonly #generation: Pick<Manifest, 'sources'> | null

  /** `generation`: what the tasks of the job began with, where this is one of several: the others read partitions of it too. */
  constructor(graph: JobGraph, flags: HandoffFlags, generation: Pick<Manifest, 'sources'> | null = null) {
    this.#graph = graph
    this.#flags = flags
    this.#generation = generation
  }

  /** The partitions that nobody reads yet. */
  found(logs: ReadonlyMap<string, LogDescription>, positions: Positions): readonly NewPartition[] {
    return [...logs].flatMap(([source, log]) => {
      const others = this.#generation?.sources.find(({ name }) => name === source)?.partitions ?? []
      const known = new Set([...positions.of(source).keys(), ...others.map(({ partition }) => partition)])
      const unknown = log.partitions.filter(({ partition }) => !known.has(partition))
      return unknown.map(({ partition }) => ({ source, partition }))
    })
  }

  /** Why a partition can't be read; null where it may. */
  refusal({ source, partition }: NewPartition): HeadwaterError | null {
    const isKeyed = this.#isKeyed(source)
    const isTask = isKeyed && this.#generation !== null
    if (this.#flags.newPartitions === 'earliest' && !isTask) return null
    const again = 'start again with --new-partitions earliest'
    return badData({
      code: isKeyed ? 'partition-count-changed' : 'new-partition',
      thing: `source ${source} partition ${partition}`,
      expected: isKeyed
        ? 'the partitions among which its keys were divided when the run began'
        : 'the partitions that were there when the run began',
      found: isKeyed ? 'one that came since: keys have moved' : 'one that came since',
      remedy: isTask
        ? `${again}: tasks divide the partitions anew, once one task has read what is left of keys that moved; a checkpoint was taken`
        : `${again}: it is read from its beginning; a checkpoint was taken`,
    })
  }

  /** Takes partitions in that may be read, between two batches. */
  take(
    found: readonly NewPartition[],
    logs: ReadonlyMap<string, LogDescription>,
    positions: Positions,
    job: LiveJob,
  ): void {
    for (const name of new Set(found.map(({ source }) => source))) {
      if (this.#isKeyed(name)) positions.grow(name, growthNow(name, logs, positions, job))
      for (const { source, partition } of found) if (source === name) positions.begin(name, partition)
    }
    grow(this.#graph, job, positions, null)
  }

  /** Whether keys are, or may be before the run ends, divided anew: then their clocks go by message keys. */
  needsKeys(source: string, positions: Positions): boolean {
    const mayGrow = this.#flags.newPartitions === 'earliest' || positions.growths(source).length > 0
    return mayGrow && this.#isKeyed(source)
  }

  #isKeyed(source: string): boolean {
    return this.#graph.sources.some(({ name, partitionedByKey }) => name === source && partitionedByKey)
  }
}

/** Makes clocks and checks those of sources that grew; `generation` as above. */
export function grow(
  graph: JobGraph,
  job: LiveJob,
  positions: Positions,
  generation: Pick<Manifest, 'sources'> | null,
): void {
  for (const source of graph.sources) {
    const growths = positions.growths(source.name)
    if (growths.length === 0) continue
    const all = generation?.sources.find(({ name }) => name === source.name)?.partitions
    job.grow(source, growths, all?.length ?? positions.of(source.name).size)
  }
}

function growthNow(
  source: string,
  logs: ReadonlyMap<string, LogDescription>,
  positions: Positions,
  job: LiveJob,
): SourceGrowth {
  const maxima = job.times.sources.get(source)?.runningMax
  const known = [...positions.of(source).keys()].map(partition => ({
    partition,
    runningMax: maxima?.get(partition) ?? null,
  }))
  return growthOf(known, logs.get(source) as LogDescription)
}
