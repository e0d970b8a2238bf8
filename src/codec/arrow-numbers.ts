/**
 * How numbers, dates and timestamps of Arrow are read. Types and vectors are taken for what they look like: arrow.ts alone
 * knows apache-arrow.
 *
 * Published source: Arrow's Schema.fbs.
 */
import type { RequiredSpec } from '../record/type.ts'
import { fixed, rowsOf, same, type BufferReader } from './arrow-buffers.ts'
import * as convert from './arrow-conversions.ts'

/** How columns of one Arrow type are read. */
export interface Reading {
  readonly spec: RequiredSpec
  readonly buffers: BufferReader
}

interface IntType {
  readonly isSigned: boolean
  readonly bitWidth: 8 | 16 | 32 | 64
}

interface FloatType {
  readonly precision: number
}

interface UnitType {
  readonly unit: number
}

const [single, double] = [1, 2]
const day = 0

export function intReading(type: IntType): Reading {
  if (type.isSigned) return { spec: { kind: `int${type.bitWidth}` }, buffers: same }
  switch (type.bitWidth) {
    case 8:
      return fixed({ kind: 'int16' }, data => Int16Array.from(rowsOf<Uint8Array>(data)))
    case 16:
      return fixed({ kind: 'int32' }, data => Int32Array.from(rowsOf<Uint16Array>(data)))
    case 32:
      return fixed({ kind: 'int64' }, data => convert.fromUint32(rowsOf(data)))
    case 64:
      return fixed({ kind: 'int64' }, (data, present) => convert.fromUint64(rowsOf(data), present))
  }
}

export function floatReading(type: FloatType): Reading {
  if (type.precision === double) return { spec: { kind: 'float64' }, buffers: same }
  if (type.precision === single) return { spec: { kind: 'float32' }, buffers: same }
  return fixed({ kind: 'float32' }, data => convert.fromFloat16(rowsOf(data)))
}

/** In the order of Arrow's own numbers for them. */
export const timeUnits: readonly ['s', 'ms', 'us', 'ns'] = ['s', 'ms', 'us', 'ns'] as const

export function timestampReading(type: UnitType): Reading {
  const unit = timeUnits[type.unit]!
  if (unit === 's') return fixed({ kind: 'timestamp', unit: 'ms' }, data => convert.fromSeconds(rowsOf(data)))
  return { spec: { kind: 'timestamp', unit }, buffers: same }
}

export function dateReading(type: UnitType): Reading {
  if (type.unit === day) return { spec: { kind: 'date' }, buffers: same }
  return fixed({ kind: 'date' }, (data, present) => convert.fromDateMs(rowsOf(data), present))
}
