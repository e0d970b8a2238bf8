/**
 * Clocks of a stage while records come one by one (architecture.md section 5). A stage fed by one source that is
 * partitioned by the key has a clock a partition; any other stage has one clock, the minimum over all partitions that
 * feed it and ever had a record. A clock never goes back.
 *
 * I1. A record sees the clock as it was BEFORE it; `advance` comes after.
 * I2. A partition that never had a record takes no part in the minimum.
 */
import { noWatermark, watermarkAt, type EventTime, type Watermark } from './event-time.ts'
import type { GrownClock } from './grown-clock.ts'

/** The running maxima and watermarks of one source's partitions. */
export class SourceTimes {
  readonly source: string
  readonly outOfOrderness: number
  readonly runningMax: Map<number, EventTime> = new Map()
  /** Clocks by message key, once the source got partitions; before that a key's clock is that of the partition it comes from. */
  grown: GrownClock | null = null

  /** `outOfOrderness` in the job's time unit. */
  constructor(source: string, outOfOrderness: number) {
    this.source = source
    this.outOfOrderness = outOfOrderness
  }

  /** The partition's watermark; −Infinity before its first record. */
  watermark(partition: number): Watermark {
    const max = this.runningMax.get(partition)
    return max === undefined ? noWatermark : watermarkAt(max, this.outOfOrderness)
  }

  /** The clock of the key of a record that comes from there. */
  clockOf(partition: number, messageKey: unknown): Watermark {
    return this.grown === null ? this.watermark(partition) : this.grown.at(partition, messageKey)
  }

  /** Counts a record's accepted time; true when the partition's watermark moved or began. */
  advance(partition: number, time: EventTime): boolean {
    const max = this.runningMax.get(partition)
    if (max !== undefined && max >= time) return false
    this.runningMax.set(partition, time)
    return true
  }

  /** The least watermark of the partitions that had a record; +Infinity when none had. */
  minimum(): Watermark {
    let least = Infinity
    for (const max of this.runningMax.values()) least = Math.min(least, watermarkAt(max, this.outOfOrderness))
    return least
  }
}

/** The clock of a stage, kept up as its sources' partitions advance. */
export class StageClock {
  /** By source name: all sources whose records reach the stage. */
  readonly #sources: ReadonlyMap<string, SourceTimes>
  /** Whether each key's clock is its own partition's. */
  readonly perPartition: boolean
  #minimum: Watermark

  /** `restored`: the clock of the savepoint it continues. */
  constructor(sources: readonly SourceTimes[], perPartition: boolean, restored: Watermark = noWatermark) {
    this.#sources = new Map(sources.map(times => [times.source, times]))
    this.perPartition = perPartition && sources.length === 1
    this.#minimum = restored
    this.advanced()
  }

  /** The clock of a key whose record came from there. `messageKey` matters where the source got partitions. */
  at(source: string, partition: number, messageKey: unknown = null): Watermark {
    if (!this.perPartition) return this.#minimum
    return this.#sources.get(source)?.clockOf(partition, messageKey) ?? noWatermark
  }

  /** The stage's one clock, for savepoints; where keys have their partition's clock it is the minimum of these. */
  get minimum(): Watermark {
    return this.#minimum
  }

  /** To be called after a partition of one of the sources advanced. */
  advanced(): void {
    let least = Infinity
    for (const times of this.#sources.values()) least = Math.min(least, times.minimum())
    if (least !== Infinity && least > this.#minimum) this.#minimum = least
  }

  /** Whether that source reaches the stage. */
  isFedBy(source: string): boolean {
    return this.#sources.has(source)
  }
}
