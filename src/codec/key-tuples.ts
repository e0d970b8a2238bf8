/**
 * Hashes of tuple keys: each row's canonical bytes (record/key.ts: every part behind its length in 4 little-endian
 * bytes) are put together in one scratch buffer and hashed there.
 */
import type { Column } from '../record/column.ts'
import { murmur3 } from '../record/murmur3.ts'
import { bitAt } from './bitmap.ts'
import { isMilliseconds, notAKey, timesThousandHigh } from './key-words.ts'
import { layoutOf, wordsOf } from './layout.ts'

/** Appends a row's canonical bytes of one field, behind their length, and returns where they end. */
type AppendPart = (row: number, scratch: Scratch, at: number) => number

/** Bytes of one tuple key; grown for the longest. */
class Scratch {
  bytes: Uint8Array = new Uint8Array(256)

  reserve(length: number): Uint8Array {
    if (length > this.bytes.length) {
      const grown = new Uint8Array(length * 2)
      grown.set(this.bytes)
      this.bytes = grown
    }
    return this.bytes
  }
}

/** Writes the hash of each row's tuple to `out`. */
export function hashTuples(columns: readonly Column[], out: Int32Array): void {
  const appends = columns.map(column => appendPart(column))
  const scratch = new Scratch()
  for (let row = 0; row < columns[0]!.length; row++) {
    let end = 0
    for (const append of appends) end = append(row, scratch, end)
    out[row] = murmur3(scratch.bytes, 0, end)
  }
}

function appendPart(column: Column): AppendPart {
  const { offsets } = column
  if (offsets !== null) return appendText(column.values as Uint8Array, offsets)
  switch (layoutOf(column.type)) {
    case 'bits':
      return appendWords(
        row => (bitAt(column.values as Uint8Array, row) ? 1 : 0),
        () => 0,
      )
    case 'int64':
      return appendInt64(wordsOf(column.values), isMilliseconds(column))
    case 'int8':
    case 'int16':
    case 'int32': {
      const values = column.values as Int32Array
      return appendWords(
        row => values[row]!,
        row => values[row]! >> 31,
      )
    }
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

function appendText(values: Uint8Array, offsets: Int32Array): AppendPart {
  return (row, scratch, at) => {
    const start = offsets[row]!
    const length = offsets[row + 1]! - start
    const bytes = scratch.reserve(at + 4 + length)
    putWord(bytes, at, length)
    for (let i = 0; i < length; i++) bytes[at + 4 + i] = values[start + i]!
    return at + 4 + length
  }
}

function appendInt64(words: Int32Array, milliseconds: boolean): AppendPart {
  if (!milliseconds) {
    return appendWords(
      row => words[row * 2]!,
      row => words[row * 2 + 1]!,
    )
  }
  const low = (row: number): number => (words[row * 2]! >>> 0) * 1000
  return appendWords(low, row => timesThousandHigh(low(row), words[row * 2 + 1]!))
}

function appendWords(low: (row: number) => number, high: (row: number) => number): AppendPart {
  return (row, scratch, at) => {
    const bytes = scratch.reserve(at + 12)
    putWord(bytes, at, 8)
    putWord(bytes, at + 4, low(row))
    putWord(bytes, at + 8, high(row))
    return at + 12
  }
}

/** The low 32 bits of `word`, little-endian. */
function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word
  bytes[at + 1] = word >> 8
  bytes[at + 2] = word >> 16
  bytes[at + 3] = word >> 24
}
