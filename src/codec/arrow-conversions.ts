/**
 * From Arrow layouts that Column does not have to those it has, without loss: unsigned and half-precision numbers,
 * 64-bit offsets, string views, fixed-size binary, dictionaries' indices. Errors: `data`, code `value-out-of-range`,
 * where a value (or a column's bytes) does not fit.
 *
 * Published source: the Arrow columnar format, "Variable-size Binary View Layout" and "Half-float".
 */
import { badData } from '../errors.ts'
import { wordsOf } from './layout.ts'

/** Offsets and bytes of a text or bytes column. */
export interface VariableBuffers {
  readonly offsets: Int32Array
  readonly values: Uint8Array
}

/** Unsigned 32 bits as 64 signed ones. */
export function fromUint32(values: Uint32Array): BigInt64Array {
  const out = new BigInt64Array(values.length)
  const words = wordsOf(out)
  for (let i = 0; i < values.length; i++) words[i * 2] = values[i]!
  return out
}

/** Unsigned 64 bits as signed ones; the values of absent rows are whatever they are. */
export function fromUint64(values: BigUint64Array, isPresent: (row: number) => boolean): BigInt64Array {
  const signed = new BigInt64Array(values.buffer, values.byteOffset, values.length)
  const words = wordsOf(values)
  for (let i = 0; i < values.length; i++) {
    if (words[i * 2 + 1]! < 0 && isPresent(i))
      throw outOfRange('uint64', 'at most 2^63 − 1', String(values[i]))
  }
  return signed
}

/** Half precision (IEEE 754 binary16) as single precision. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, float16)
}

function float16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Seconds as milliseconds. */
export function fromSeconds(seconds: BigInt64Array): BigInt64Array {
  return seconds.map(value => value * 1000n)
}

const msPerDay = 86_400_000n

/** Dates in milliseconds as days; a time of day is refused. */
export function fromDateMs(values: BigInt64Array, isPresent: (row: number) => boolean): Int32Array {
  return Int32Array.from(values, (value, row) => {
    if (value % msPerDay !== 0n && isPresent(row)) throw outOfRange('date', 'whole days', `${value} ms`)
    return Number(value / msPerDay)
  })
}

/** 64-bit offsets as 32-bit ones over the same bytes. */
export function fromLargeOffsets(offsets: BigInt64Array): Int32Array {
  const words = wordsOf(offsets)
  const last = offsets.length - 1
  if (words[last * 2 + 1] !== 0 || words[last * 2]! < 0) {
    throw outOfRange('text or bytes', 'at most 2 GiB in one batch', `${offsets[last]} bytes`)
  }
  const out = new Int32Array(offsets.length)
  for (let i = 0; i <= last; i++) out[i] = words[i * 2]!
  return out
}

/** Fixed-size binary as bytes with offsets. */
export function fromFixedSize(values: Uint8Array, width: number, length: number): VariableBuffers {
  const offsets = new Int32Array(length + 1)
  for (let i = 1; i <= length; i++) offsets[i] = i * width
  return { offsets, values }
}

/** What a view holds itself when it is this short; a longer one points into a data buffer. */
const inlineBytes = 12

/** Views (16 bytes each: length, then the bytes, or a prefix, the data buffer's index and the offset in it) as plain text. */
export function fromViews(views: Uint8Array, data: readonly Uint8Array[], length: number): VariableBuffers {
  const words = new Int32Array(views.slice(0, length * 16).buffer)
  const offsets = new Int32Array(length + 1)
  for (let i = 0; i < length; i++) offsets[i + 1] = offsets[i]! + words[i * 4]!
  const values = new Uint8Array(offsets[length]!)
  for (let i = 0; i < length; i++) {
    const size = words[i * 4]!
    const inline = size <= inlineBytes
    const from = inline ? views : data[words[i * 4 + 2]!]!
    const at = inline ? i * 16 + 4 : words[i * 4 + 3]!
    values.set(from.subarray(at, at + size), offsets[i])
  }
  return { offsets, values }
}

function outOfRange(thing: string, expected: string, found: string): Error {
  return badData({ code: 'value-out-of-range', thing: `${thing} column`, expected, found })
}
