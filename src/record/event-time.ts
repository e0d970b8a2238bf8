/**
 * Event time and watermarks (architecture.md section 5). Times are numbers in the job's time unit; a watermark W says
 * "no record at or below W comes any more".
 */
import type { TypeSpec } from './type.ts'
import { required } from './type.ts'

/** A record's event time, in the job's time unit since the epoch. */
export type EventTime = number

/** A watermark in the same unit; −Infinity when there is none yet. */
export type Watermark = number

/** Before any record. */
export const noWatermark: Watermark = -Infinity

/** The job's unit: `us` where any source has microseconds or finer. */
export type JobTimeUnit = 'ms' | 'us'

/** The watermark of a partition whose largest accepted event time is `runningMax`. */
export function watermarkAt(runningMax: EventTime, outOfOrderness: number): Watermark {
  return runningMax - outOfOrderness - 1
}

/** The coarsest unit that holds every one of the columns: ms when all are ms or dates. */
export function jobTimeUnit(eventTimeTypes: readonly TypeSpec[]): JobTimeUnit {
  const fine = eventTimeTypes.some(type => {
    const spec = required(type)
    return spec.kind === 'timestamp' && spec.unit !== 'ms'
  })
  return fine ? 'us' : 'ms'
}

const dayMs = 86_400_000

/** A column's value as event time in the job's unit; ns is floored to µs, a date is its midnight in UTC. */
export function toEventTime(value: number | bigint, type: TypeSpec, unit: JobTimeUnit): EventTime {
  const spec = required(type)
  if (typeof value === 'bigint') return Number(floorDiv1000(value))
  if (spec.kind === 'timestamp' && spec.unit === unit) return value
  const ms = spec.kind === 'date' ? value * dayMs : value
  return unit === 'ms' ? ms : ms * 1000
}

function floorDiv1000(value: bigint): bigint {
  return value >= 0n ? value / 1000n : -((-value + 999n) / 1000n)
}
