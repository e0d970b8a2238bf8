/**
 * Rows of columns put to places: the inverse of `gather`. When rows go to few hundred runs, as to key groups, this order
 * of work is the faster one: what is read is read in order, and what is written advances along each run.
 */
import { isPresent, type Column, type ColumnValues } from '../record/column.ts'
import { bitmapBytes, setBit } from './bitmap.ts'
import { gather } from './gather.ts'
import { layoutOf, wordsOf } from './layout.ts'
import { isPlain } from './nested-rows.ts'

/** Where rows go: the i-th of the rows (or of all rows where `rows` is null) goes to `places[i]`, each place once. */
export interface Places {
  readonly rows: Int32Array | null
  readonly places: Int32Array
}

/** The column with its rows at their places. */
export function scatter(column: Column, to: Places): Column {
  const { type } = column
  const { length } = to.places
  if (!isPlain(column)) return gather(column, inverse(to), 0, length)
  if (column.offsets !== null)
    return { type, length, validity: scatterValidity(column, to), ...scatterBytes(column, to) }
  const values = scatterValues(column, to)
  if (values === null) return gather(column, inverse(to), 0, length)
  return { type, length, validity: scatterValidity(column, to), values, offsets: null }
}

/** The same for bare numbers. */
export function scatterInts(values: Int32Array, { rows, places }: Places): Int32Array {
  const out = new Int32Array(places.length)
  if (rows === null) for (let i = 0; i < places.length; i++) out[places[i]!] = values[i]!
  else for (let i = 0; i < places.length; i++) out[places[i]!] = values[rows[i]!]!
  return out
}

/** The same for bare numbers. */
export function scatterDoubles(values: Float64Array, { rows, places }: Places): Float64Array {
  const out = new Float64Array(places.length)
  if (rows === null) for (let i = 0; i < places.length; i++) out[places[i]!] = values[i]!
  else for (let i = 0; i < places.length; i++) out[places[i]!] = values[rows[i]!]!
  return out
}

/** The row at each place. */
export function inverse({ rows, places }: Places): Int32Array {
  const out = new Int32Array(places.length)
  for (let i = 0; i < places.length; i++) out[places[i]!] = rows === null ? i : rows[i]!
  return out
}

/** Null for layouts that are rare enough to take the other way. */
function scatterValues({ values, type }: Column, to: Places): ColumnValues | null {
  if (values instanceof BigInt64Array) return scatterWordPairs(values, to)
  if (values instanceof Float64Array) return scatterDoubles(values, to)
  if (values instanceof Int32Array && layoutOf(type) === 'int32') return scatterInts(values, to)
  return null
}

function scatterWordPairs(values: BigInt64Array, { rows, places }: Places): BigInt64Array {
  const out = new BigInt64Array(places.length)
  const from = wordsOf(values)
  const into = wordsOf(out)
  for (let i = 0; i < places.length; i++) {
    const at = 2 * (rows === null ? i : rows[i]!)
    const place = 2 * places[i]!
    into[place] = from[at]!
    into[place + 1] = from[at + 1]!
  }
  return out
}

function scatterValidity(column: Column, { rows, places }: Places): Uint8Array | null {
  if (column.validity === null) return null
  const bits = new Uint8Array(bitmapBytes(places.length))
  let absent = 0
  for (let i = 0; i < places.length; i++) {
    if (isPresent(column, rows === null ? i : rows[i]!)) setBit(bits, places[i]!)
    else absent++
  }
  return absent === 0 ? null : bits
}

/** Texts up to this length are copied in a loop: cheaper than making a view for `set`. */
const shortCopy = 32

function scatterBytes(column: Column, { rows, places }: Places): { values: Uint8Array; offsets: Int32Array } {
  const from = column.values as Uint8Array
  const fromOffsets = column.offsets!
  const offsets = new Int32Array(places.length + 1)
  for (let i = 0; i < places.length; i++) {
    const row = rows === null ? i : rows[i]!
    offsets[places[i]! + 1] = fromOffsets[row + 1]! - fromOffsets[row]!
  }
  for (let place = 0; place < places.length; place++)
    offsets[place + 1] = offsets[place + 1]! + offsets[place]!
  const values = new Uint8Array(offsets[places.length]!)
  const reader = new DataView(from.buffer, from.byteOffset, from.byteLength)
  const writer = new DataView(values.buffer)
  for (let i = 0; i < places.length; i++) {
    const row = rows === null ? i : rows[i]!
    const at = fromOffsets[row]!
    const length = fromOffsets[row + 1]! - at
    const start = offsets[places[i]!]!
    if (length > shortCopy) {
      values.set(from.subarray(at, at + length), start)
      continue
    }
    let done = 0
    for (; done + 4 <= length; done += 4)
      writer.setInt32(start + done, reader.getInt32(at + done, true), true)
    for (; done < length; done++) values[start + done] = from[at + done]!
  }
  return { values, offsets }
}
