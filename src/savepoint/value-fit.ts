/**
 * Whether a stored column surely holds values of its type only, found over its buffers. A no may be wrong, where a row that
 * nobody reads holds anything; column-values.ts then goes by rows.
 */
import { bitmapBytes } from '../codec/bitmap.ts'
import { wordsOf } from '../codec/layout.ts'
import { isPresent, type Column } from '../record/column.ts'
import { isOptional, required, type TypeSpec } from '../record/type.ts'

/** `spare`: a bit a row, 1 where the row is nobody's value. Text must be UTF-8, as of a block that could be read. */
export function surelyFits(column: Column, spare: Uint8Array | null): boolean {
  if (column.validity !== null && !isOptional(column.type) && !isAbsentWithin(column, spare)) return false
  const spec = required(column.type)
  switch (spec.kind) {
    case 'safeInt64':
      return areSafe(wordsOf(column.values), column.length)
    case 'timestamp':
      return spec.unit === 'ns' || areSafe(wordsOf(column.values), column.length)
    case 'enum':
      return areAmong(column, spec.values)
    case 'decimal':
      return haveDigits(wordsOf(column.values), column.length, spec.precision)
    case 'struct': {
      const absent = absentBits(column, spare)
      return column.children!.every(child => surelyFits(child, absent))
    }
    case 'list':
    case 'map':
      return column.children!.every(child => surelyFits(child, null))
    default:
      return holdsAnyBits(spec)
  }
}

/** Of the types that are left, every pattern of bits is a value. */
function holdsAnyBits({ kind }: TypeSpec): boolean {
  return [
    'bool',
    'int8',
    'int16',
    'int32',
    'int64',
    'float32',
    'float64',
    'string',
    'bytes',
    'date',
  ].includes(kind)
}

/** Whether every row without a value is nobody's. */
function isAbsentWithin({ validity, length }: Column, spare: Uint8Array | null): boolean {
  for (let row = 0; row < length; row += 8) {
    const rest = length - row
    const all = rest >= 8 ? 0xff : (1 << rest) - 1
    const byte = row >>> 3
    if (((validity![byte]! | (spare === null ? 0 : spare[byte]!)) & all) !== all) return false
  }
  return true
}

function absentBits({ validity, length }: Column, spare: Uint8Array | null): Uint8Array | null {
  if (validity === null) return spare
  const bits = new Uint8Array(bitmapBytes(length))
  for (let i = 0; i < bits.length; i++) bits[i] = ~validity[i]! | (spare === null ? 0 : spare[i]!)
  return bits
}

/** Within ±(2^53 − 1): 53 bits and a sign, but for −2^53. */
function areSafe(words: Int32Array, length: number): boolean {
  for (let row = 0; row < length; row++) {
    const high = words[row * 2 + 1]!
    if (high > 0x1fffff || high < -0x200000) return false
    if (high === -0x200000 && words[row * 2] === 0) return false
  }
  return true
}

/** At most that many digits, in 128 bits. Numbers near the limit may be refused that are below it. */
function haveDigits(words: Int32Array, length: number, precision: number): boolean {
  const most = 10 ** precision * (1 - 2 ** -40)
  for (let row = 0; row < length; row++) {
    const number = roughly(words, row * 4)
    if (number >= most || number <= -most) return false
  }
  return true
}

/** 128 bits to the precision of a number. */
function roughly(words: Int32Array, at: number): number {
  const high = words[at + 1]!
  const low = words[at]! >>> 0
  const sign = high >> 31
  if (words[at + 2] === sign && words[at + 3] === sign) return high * two32 + low
  return words[at + 3]! * two96 + (words[at + 2]! >>> 0) * two64 + (high >>> 0) * two32 + low
}

const two32 = 2 ** 32
const two64 = 2 ** 64
const two96 = 2 ** 96

function areAmong(column: Column, texts: readonly string[]): boolean {
  const bytes = column.values as Uint8Array
  const offsets = column.offsets!
  const known = texts.map(text => Buffer.from(text))
  let found = known[0]
  for (let row = 0; row < column.length; row++) {
    const start = offsets[row]!
    const end = offsets[row + 1]!
    if (found !== undefined && isSame(found, bytes, start, end)) continue
    const other = known.find(text => isSame(text, bytes, start, end))
    if (other !== undefined) found = other
    else if (isPresent(column, row)) return false
  }
  return true
}

function isSame(text: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text[i] !== bytes[start + i]) return false
  return true
}
