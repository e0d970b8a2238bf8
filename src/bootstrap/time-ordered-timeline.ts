/**
 * The timeline of a history that is folded in the order of event time: one imaginary partition in which every record
 * comes at its time, equal times in the order of reading. Its steps are the distinct times; they are sorted only when an
 * operator asks for the clock.
 */
import type { EventTime } from '../record/event-time.ts'
import { countBelow, type Timeline } from './timeline.ts'

/** Collects the accepted times of a source, batch by batch. */
export class TimeOrderedTimeline implements Timeline {
  readonly source: number
  readonly partition: number = 0
  readonly outOfOrderness: number
  /** No record is late in the order of event time. */
  readonly lateCount: number = 0
  finalMax: EventTime | null = null
  #batches: { readonly firstRank: number; readonly times: Float64Array }[] = []
  #sorted: { readonly maxima: Float64Array; readonly ranks: Float64Array } | null = null

  constructor(source: number, outOfOrderness: number) {
    this.source = source
    this.outOfOrderness = outOfOrderness
  }

  /** Times of rows in the order of reading; NaN for rows that do not count. */
  addBatch(firstRank: number, times: Float64Array): void {
    this.#batches.push({ firstRank, times })
    let max = this.finalMax ?? -Infinity
    for (let row = 0; row < times.length; row++) if ((times[row] as number) > max) max = times[row] as number
    if (max > -Infinity) this.finalMax = max
  }

  get maxima(): Float64Array {
    return this.#steps().maxima
  }

  before(max: EventTime, sequence: number): EventTime {
    const { maxima, ranks } = this.#steps()
    const at = countBelow(maxima, max, false)
    return (ranks[at] as number) < sequence ? max : (maxima[at - 1] ?? -Infinity)
  }

  /** The distinct times, and the rank of the first record with each. */
  #steps(): { readonly maxima: Float64Array; readonly ranks: Float64Array } {
    if (this.#sorted) return this.#sorted
    const maxima = distinctTimes(this.#batches.map(({ times }) => times))
    const ranks = new Float64Array(maxima.length).fill(Infinity)
    for (const { firstRank, times } of this.#batches) {
      for (let row = 0; row < times.length; row++) {
        const time = times[row] as number
        if (Number.isNaN(time)) continue
        const at = countBelow(maxima, time, false)
        if (firstRank + row < (ranks[at] as number)) ranks[at] = firstRank + row
      }
    }
    this.#sorted = { maxima, ranks }
    this.#batches = []
    return this.#sorted
  }
}

function distinctTimes(batches: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(batches.reduce((sum, times) => sum + times.length, 0))
  let count = 0
  for (const times of batches) for (const time of times) if (!Number.isNaN(time)) all[count++] = time
  const sorted = all.subarray(0, count).sort()
  let distinct = 0
  for (let i = 0; i < count; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[distinct++] = sorted[i] as number
  }
  return sorted.slice(0, distinct)
}
