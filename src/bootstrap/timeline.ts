/** What the scan keeps of a partition's event times: where its running maximum rose. */
import type { EventTime } from '../record/event-time.ts'

/** What is known of one partition's running maximum over its whole history. */
export interface Timeline {
  readonly source: number
  readonly partition: number
  readonly outOfOrderness: number
  /** The distinct running maxima, ascending. */
  readonly maxima: Float64Array
  /** The running maximum after everything; null when no record had a time. */
  readonly finalMax: EventTime | null
  /** The running maximum before the record at `sequence`, whose own running maximum is `max`; −Infinity before any. */
  before(max: EventTime, sequence: number): EventTime
}

/** How many of the ascending values are below `limit`, or at it too when `inclusive`. */
export function countBelow(ascending: Float64Array, limit: number, inclusive: boolean): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const value = ascending[middle] as number
    if (value < limit || (inclusive && value === limit)) low = middle + 1
    else high = middle
  }
  return low
}
