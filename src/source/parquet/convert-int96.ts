/**
 * The 96-bit timestamps of Impala, Hive and Spark as timestamps: 8 bytes nanoseconds of the day, 4 bytes Julian day.
 *
 * Published source: Apache Parquet, "INT96" (deprecated there in favour of TIMESTAMP).
 */
import type { Column } from '../../record/column.ts'
import type { TimeUnit } from '../../record/type.ts'
import type { OnMisfit } from './misfit.ts'

const width = 12
const julianDayOfEpoch = 2_440_588
const ticksPerDay: Readonly<Record<TimeUnit, number>> = {
  ms: 86_400_000,
  us: 86_400_000_000,
  ns: 86_400_000_000_000,
}
const nanosPerTick: Readonly<Record<TimeUnit, number>> = { ms: 1_000_000, us: 1_000, ns: 1 }
const maxTicks = 2n ** 63n - 1n

/** The values of a bytes column in that unit; those of ms and us must also be safe integers. */
export function convertInt96(column: Column, unit: TimeUnit, misfit: OnMisfit): BigInt64Array {
  const bytes = column.values as Uint8Array
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const offsets = column.offsets!
  const out = new BigInt64Array(column.length)
  const perDay = ticksPerDay[unit]
  const nanos = nanosPerTick[unit]
  for (let i = 0; i < out.length; i++) {
    const at = offsets[i]!
    if (offsets[i + 1]! - at !== width) continue // an absent row may have no bytes
    const nanosOfDay = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
    const day = view.getInt32(at + 8, true) - julianDayOfEpoch
    const ticks = nanosOfDay / nanos
    const whole = day * perDay + ticks
    if (Number.isInteger(ticks) && Number.isSafeInteger(whole)) out[i] = BigInt(whole)
    else if (unit === 'ns') out[i] = wideTicks(day, perDay, ticks, i, misfit)
    else misfit(i, `day ${day} since 1970 and ${nanosOfDay} ns`)
  }
  return out
}

function wideTicks(day: number, perDay: number, ticks: number, row: number, misfit: OnMisfit): bigint {
  const whole = BigInt(day) * BigInt(perDay) + BigInt(ticks)
  if (whole > maxTicks || whole < -maxTicks - 1n) misfit(row, `day ${day} since 1970`)
  return whole
}
