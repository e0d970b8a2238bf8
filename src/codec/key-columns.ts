/**
 * Keys straight from columns: hashes of the canonical key bytes without making a key, and keys for the rows that need
 * one. For every row, `hashKeys` gives what `murmur3` gives over `KeyCodec.bytes` of the row's key (record/key.ts).
 */
import { internal } from '../errors.ts'
import { isPresent, type Column } from '../record/column.ts'
import type { Key, KeyCodec, KeyPart } from '../record/key.ts'
import { murmur3, murmur3Int64 } from '../record/murmur3.ts'
import { bitAt } from './bitmap.ts'
import { presentReader } from './column-reader.ts'
import { hashTuples } from './key-tuples.ts'
import { isMilliseconds, notAKey, timesThousandHigh } from './key-words.ts'
import { layoutOf, wordsOf } from './layout.ts'

/** The rows whose key is absent in whole or in part; their hash is 0. */
export interface NullKeys {
  /** In ascending order. */
  readonly rows: readonly number[]
}

const none: NullKeys = { rows: [] }

/** Writes the hash of each row's key to `out`; the columns are those of the key's fields, in their order. */
export function hashKeys(codec: KeyCodec, columns: readonly Column[], out: Int32Array): NullKeys {
  const { fields } = codec.schema
  if (columns.length !== fields.length) {
    const expected = `${fields.length} columns`
    throw internal({ code: 'key-columns', thing: 'hashKeys', expected, found: String(columns.length) })
  }
  if (columns.length === 1) hashColumn(columns[0]!, out)
  else hashTuples(columns, out)
  return clearNullKeys(columns, out)
}

/** A reader of the rows' keys; only for rows that `hashKeys` did not report. */
export function keyReader(codec: KeyCodec, columns: readonly Column[]): (row: number) => Key {
  const readers = columns.map(column => presentReader(column) as (row: number) => KeyPart)
  const [first, second, third] = readers
  if (third === undefined && second !== undefined) return row => [first!(row), second(row)]
  if (second === undefined && first !== undefined) return first
  return row => codec.fromParts(readers.map(read => read(row)))
}

function clearNullKeys(columns: readonly Column[], out: Int32Array): NullKeys {
  const nullable = columns.filter(column => column.validity !== null)
  if (nullable.length === 0) return none
  const rows: number[] = []
  for (let row = 0; row < columns[0]!.length; row++) {
    if (nullable.every(column => isPresent(column, row))) continue
    rows.push(row)
    out[row] = 0
  }
  return { rows }
}

function hashColumn(column: Column, out: Int32Array): void {
  if (column.offsets !== null)
    return hashText(column.values as Uint8Array, column.offsets, column.length, out)
  switch (layoutOf(column.type)) {
    case 'bits':
      return hashBits(column.values as Uint8Array, column.length, out)
    case 'int64':
      if (isMilliseconds(column)) return hashMilliseconds(wordsOf(column.values), column.length, out)
      return hashWordPairs(wordsOf(column.values), column.length, out)
    case 'int32':
      return hashInt32(column.values as Int32Array, column.length, out)
    case 'int8':
    case 'int16':
      return hashInt32(Int32Array.from(column.values as Int16Array), column.length, out)
    case 'float32':
    case 'float64':
    case 'text':
    case 'bytes':
    case 'int128':
    case 'struct':
    case 'list':
    case 'map':
      throw notAKey(column)
  }
}

function hashText(bytes: Uint8Array, offsets: Int32Array, length: number, out: Int32Array): void {
  let start = offsets[0]!
  for (let row = 0; row < length; row++) {
    const end = offsets[row + 1]!
    out[row] = murmur3(bytes, start, end)
    start = end
  }
}

function hashBits(bits: Uint8Array, length: number, out: Int32Array): void {
  const hashes = [murmur3Int64(0, 0), murmur3Int64(1, 0)] as const
  for (let row = 0; row < length; row++) out[row] = hashes[bitAt(bits, row) ? 1 : 0]
}

function hashInt32(values: Int32Array, length: number, out: Int32Array): void {
  for (let row = 0; row < length; row++) {
    const value = values[row]!
    out[row] = murmur3Int64(value, value >> 31)
  }
}

function hashWordPairs(words: Int32Array, length: number, out: Int32Array): void {
  for (let row = 0; row < length; row++) out[row] = murmur3Int64(words[row * 2]!, words[row * 2 + 1]!)
}

/** Milliseconds are hashed as microseconds. */
function hashMilliseconds(words: Int32Array, length: number, out: Int32Array): void {
  for (let row = 0; row < length; row++) {
    const low = (words[row * 2]! >>> 0) * 1000
    out[row] = murmur3Int64(low | 0, timesThousandHigh(low, words[row * 2 + 1]!))
  }
}
