/** How far each partition of each source was read: the first record not yet applied (L5). */
import { internal } from '../errors.ts'
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { Offset, PartitionPositions } from '../record/position.ts'
import type { SourceGrowth } from '../savepoint/handoff-facts.ts'
import type { LogBatch } from '../source/log.ts'

/** The positions of a run. */
export class Positions {
  readonly #sources: ReadonlyMap<string, Map<number, Offset>>
  readonly #growths: Map<string, readonly SourceGrowth[]>

  /** Begins where the plan says. */
  constructor(plan: HandoffPlan) {
    this.#sources = new Map(
      plan.sources.map(({ source, partitions }) => [
        source,
        new Map(partitions.map(({ partition, next }) => [partition, next as Offset])),
      ]),
    )
    this.#growths = new Map(plan.sources.map(({ source, growths = [] }) => [source, growths]))
  }

  /** Of one source, by partition. */
  of(source: string): PartitionPositions {
    return this.#sources.get(source) ?? new Map()
  }

  /** How often a source got partitions while it was read by its key. */
  growths(source: string): readonly SourceGrowth[] {
    return this.#growths.get(source) ?? []
  }

  /** It got some now. */
  grow(source: string, growth: SourceGrowth): void {
    this.#growths.set(source, [...this.growths(source), growth])
  }

  /** A partition that came while the run goes on; it is read from its beginning. */
  begin(source: string, partition: number): void {
    this.#sources.get(source)?.set(partition, 0)
  }

  /** Refuses what was applied already, or belongs to nobody: a log that goes back would count records twice. */
  check(source: string, batch: LogBatch): void {
    const position = this.#sources.get(source)?.get(batch.partition)
    let least = position ?? Infinity
    for (const { offset } of batch.records) {
      if (!(offset >= least)) throw wentBack(source, batch.partition, least, offset)
      least = offset + 1
    }
    if (batch.next < least) throw wentBack(source, batch.partition, least, batch.next)
  }

  /** After a batch was applied. */
  advance(source: string, batch: LogBatch): void {
    this.#sources.get(source)?.set(batch.partition, batch.next)
  }
}

function wentBack(source: string, partition: number, least: Offset, found: Offset): Error {
  const thing = `log of ${source} partition ${partition}`
  return internal({
    code: 'log-went-back',
    thing,
    expected: `offset ${least} or above`,
    found: String(found),
  })
}
