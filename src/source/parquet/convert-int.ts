/**
 * Whole numbers of one width as those of another, each value checked. 64-bit values are handled as pairs of 32-bit
 * words, low before high: bigints would take ten times as long.
 */
import { wordsOf } from '../../codec/layout.ts'
import type { Column } from '../../record/column.ts'
import type { OnMisfit } from './misfit.ts'

type Narrow = 'int8' | 'int16' | 'int32'

const shifts: Readonly<Record<Narrow, number>> = { int8: 24, int16: 16, int32: 0 }
const two32 = 0x1_0000_0000

/** Any whole numbers as 8, 16 or 32 bits. */
export function toNarrow(
  column: Column,
  kind: Narrow,
  misfit: OnMisfit,
): Int8Array | Int16Array | Int32Array {
  const out = narrowArray(kind, column.length)
  const shift = shifts[kind]
  if (column.values instanceof BigInt64Array) narrowWords(wordsOf(column.values), out, shift, misfit)
  else narrowNumbers(column.values as Int32Array, out, shift, misfit)
  return out
}

function narrowArray(kind: Narrow, length: number): Int8Array | Int16Array | Int32Array {
  if (kind === 'int8') return new Int8Array(length)
  return kind === 'int16' ? new Int16Array(length) : new Int32Array(length)
}

function narrowWords(
  words: Int32Array,
  out: Int8Array | Int16Array | Int32Array,
  shift: number,
  misfit: OnMisfit,
): void {
  for (let i = 0; i < out.length; i++) {
    const low = words[i * 2]!
    const high = words[i * 2 + 1]!
    if (high !== low >> 31 || (low << shift) >> shift !== low) misfit(i, wordsText(low, high))
    out[i] = low
  }
}

function narrowNumbers(
  values: Int8Array | Int16Array | Int32Array,
  out: Int8Array | Int16Array | Int32Array,
  shift: number,
  misfit: OnMisfit,
): void {
  for (let i = 0; i < out.length; i++) {
    const value = values[i]!
    if ((value << shift) >> shift !== value) misfit(i, String(value))
    out[i] = value
  }
}

/** Any whole numbers as 64 bits; the same buffer where they are. */
export function toInt64({ values, length }: Column): BigInt64Array {
  if (values instanceof BigInt64Array) return values
  const numbers = values as Int32Array
  const out = new BigInt64Array(length)
  const words = wordsOf(out)
  for (let i = 0; i < length; i++) {
    words[i * 2] = numbers[i]!
    words[i * 2 + 1] = numbers[i]! >> 31
  }
  return out
}

/** Refuses 64-bit values that a JavaScript number can't hold exactly; gives the same buffer. */
export function checkSafe(values: BigInt64Array, misfit: OnMisfit): BigInt64Array {
  const words = wordsOf(values)
  for (let i = 0; i < values.length; i++) {
    const high = words[i * 2 + 1]!
    // −2^53 itself has this high word and passes no further: a safe integer is one more.
    if (high < -0x20_0000 || high > 0x1f_ffff || (high === -0x20_0000 && words[i * 2] === 0)) {
      misfit(i, String(values[i]))
    }
  }
  return values
}

/** Any whole numbers as floats, where a float holds them exactly. */
export function toFloat64(column: Column, misfit: OnMisfit): Float64Array {
  const { values, length } = column
  if (!(values instanceof BigInt64Array)) return Float64Array.from(values as Int32Array)
  const words = wordsOf(values)
  const out = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const value = words[i * 2 + 1]! * two32 + (words[i * 2]! >>> 0)
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) misfit(i, String(values[i]))
    out[i] = value
  }
  return out
}

function wordsText(low: number, high: number): string {
  return String((BigInt(high) << 32n) | BigInt(low >>> 0))
}
