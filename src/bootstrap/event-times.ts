/** The event times of a batch as doubles in the job's time unit, NaN where there is none. */
import { valueReader } from '../codec/column-reader.ts'
import type { Column } from '../record/column.ts'
import { toEventTime, type JobTimeUnit } from '../record/event-time.ts'
import { required } from '../record/type.ts'

/** A row's event time each. */
export function eventTimes(column: Column, unit: JobTimeUnit): Float64Array {
  const spec = required(column.type)
  const whole = column.validity === null && spec.kind === 'timestamp' && spec.unit === unit
  return whole ? wordsToDoubles(column) : convertedTimes(column, unit)
}

function convertedTimes(column: Column, unit: JobTimeUnit): Float64Array {
  const read = valueReader(column)
  const times = new Float64Array(column.length)
  for (let row = 0; row < times.length; row++) {
    const value = read(row) as number | bigint | null
    times[row] = value === null ? NaN : toEventTime(value, column.type, unit)
  }
  return times
}

/** 64-bit whole numbers as doubles, without a bigint on the way. Times are far inside 2^53. */
function wordsToDoubles(column: Column): Float64Array {
  const { buffer, byteOffset, length } = column.values as BigInt64Array
  const words = new Int32Array(buffer, byteOffset, length * 2)
  const times = new Float64Array(column.length)
  for (let row = 0; row < times.length; row++) {
    times[row] = ((words[2 * row] as number) >>> 0) + (words[2 * row + 1] as number) * 4294967296
  }
  return times
}
