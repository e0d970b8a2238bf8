/** Position columns as drivers take them: plain numbers, one a row. */
import { wordsOf } from '../../codec/layout.ts'
import type { Column } from '../../record/column.ts'
import { isPresent } from '../../record/column.ts'
import { required } from '../../record/type.ts'
import type { OnMisfit } from './misfit.ts'

const two32 = 0x1_0000_0000

/** Partition numbers of an int32 column, none absent or below zero. */
export function partitionsOf(column: Column, misfit: OnMisfit): Int32Array {
  refuseAbsent(column, misfit)
  const partitions = column.values as Int32Array
  for (let i = 0; i < partitions.length; i++) if (partitions[i]! < 0) misfit(i, String(partitions[i]))
  return partitions
}

/** Offsets of a safeInt64 column, none absent or below zero. */
export function offsetsOf(column: Column, misfit: OnMisfit): Float64Array {
  refuseAbsent(column, misfit)
  const words = wordsOf(column.values)
  const offsets = new Float64Array(column.length)
  for (let i = 0; i < offsets.length; i++) {
    const high = words[i * 2 + 1]!
    offsets[i] = high * two32 + (words[i * 2]! >>> 0)
    if (high < 0) misfit(i, String(offsets[i]))
  }
  return offsets
}

/** Log times of a timestamp column in milliseconds, with their fraction; NaN where absent. */
export function logTimesOf(column: Column): Float64Array {
  const spec = required(column.type)
  const perMs = { ms: 1, us: 1_000, ns: 1_000_000 }[spec.kind === 'timestamp' ? spec.unit : 'ms']
  const words = wordsOf(column.values)
  const times = new Float64Array(column.length)
  for (let i = 0; i < times.length; i++) {
    const ticks = words[i * 2 + 1]! * two32 + (words[i * 2]! >>> 0)
    times[i] = isPresent(column, i) ? ticks / perMs : NaN
  }
  return times
}

function refuseAbsent(column: Column, misfit: OnMisfit): void {
  if (column.validity === null) return
  for (let i = 0; i < column.length; i++) if (!isPresent(column, i)) misfit(i, 'null')
}
