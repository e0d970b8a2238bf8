/**
 * Clocks of keys in a source that got partitions while it is read by its key. Until then a key's clock was that of the
 * partition it came from. From then on it is that of the partition to which its message key belongs by the new count, wherever
 * the record was found, and not below what its former partition showed when the source grew.
 *
 * I1. No clock of a key goes back: it is a function of the message key alone, of watermarks that never go back, and of the
 *     floors that former partitions left.
 * I2. A record that is where no count would have put its key has its partition's clock, and not below the highest floor.
 */
import { watermarkAt, noWatermark, type EventTime, type Watermark } from './event-time.ts'

/**
 * Whether a key was put into a partition by one of the counts that its source had, from the first one that is known to the one
 * that it has now: it may have grown several times before anybody looked.
 */
export function isDividedSo(
  partitionOf: (key: unknown, count: number) => number,
  key: unknown,
  partition: number,
  first: number,
  count: number,
): boolean {
  for (let each = count; each >= first; each--) if (partitionOf(key, each) === partition) return true
  return false
}

/** The partitions among which keys were divided until the source grew. */
export interface FormerDivision {
  readonly count: number
  /** The largest event time of each at that instant, where there was one. */
  readonly maxima: ReadonlyMap<number, EventTime>
}

/** What it asks of the source's times. */
interface PartitionWatermarks {
  readonly outOfOrderness: number
  watermark(partition: number): Watermark
}

/** The clocks of one source's keys. */
export class GrownClock {
  readonly #times: PartitionWatermarks
  readonly #partitionOf: (key: unknown, count: number) => number
  readonly #count: number
  readonly #former: readonly FormerDivision[]
  /** Over all former partitions. */
  readonly #highest: Watermark

  /** `count`: how many partitions there are now. */
  constructor(
    times: PartitionWatermarks,
    partitionOf: (key: unknown, count: number) => number,
    count: number,
    former: readonly FormerDivision[],
  ) {
    this.#times = times
    this.#partitionOf = partitionOf
    this.#count = count
    this.#former = former
    const maxima = former.flatMap(division => [...division.maxima.values()])
    this.#highest = maxima.reduce((most, max) => Math.max(most, this.#at(max)), noWatermark)
  }

  /** Of a record that was found there. */
  at(partition: number, key: unknown): Watermark {
    const place = this.#placeOf(key, this.#count)
    if (place !== partition && !this.#isDivided(partition, key))
      return Math.max(this.#times.watermark(partition), this.#highest) // I2
    let floor = noWatermark
    for (const { count, maxima } of this.#former)
      floor = Math.max(floor, this.#at(maxima.get(this.#placeOf(key, count))))
    return Math.max(this.#times.watermark(place), floor)
  }

  #at(max: EventTime | undefined): Watermark {
    return max === undefined ? noWatermark : watermarkAt(max, this.#times.outOfOrderness)
  }

  #isDivided(partition: number, key: unknown): boolean {
    const first = this.#former[0]?.count ?? this.#count
    return isDividedSo((each, count) => this.#placeOf(each, count), key, partition, first, this.#count)
  }

  /** −1 for a key that belongs nowhere. */
  #placeOf(key: unknown, count: number): number {
    if (key === null || key === undefined) return -1
    try {
      return this.#partitionOf(key, count)
    } catch {
      return -1 // whether such a key is an error is for others to say
    }
  }
}
