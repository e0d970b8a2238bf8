/** Rows of columns as new columns: picked in an order, joined, cut out. Values are moved as bits, never decoded. */
import { internal } from '../errors.ts'
import { isPresent, type Column, type ColumnValues } from '../record/column.ts'
import { sameType, typeName } from '../record/type.ts'
import { bitAt, bitmapBytes, copyBits, countBits, setBit, setBits, sliceBits } from './bitmap.ts'
import { layoutOf, wordsOf } from './layout.ts'
import { concatNested, gatherNested, isPlain, sliceNested } from './nested-rows.ts'

/** Texts up to this length are copied in a loop: cheaper than making a view for `set`. */
const shortCopy = 32

/** The rows `rows[start]` to `rows[end − 1]` of the column in that order; a row may be taken more than once. */
export function gather(column: Column, rows: Uint32Array | Int32Array, start: number, end: number): Column {
  // One kind of index array from here on, so that the loops are compiled for one.
  const picked = new Int32Array(rows.buffer, rows.byteOffset + 4 * start, end - start)
  const { type } = column
  const validity = gatherValidity(column, picked)
  if (!isPlain(column)) return gatherNested(column, picked, validity)
  if (column.offsets !== null)
    return { type, length: picked.length, validity, ...gatherBytes(column, picked) }
  return { type, length: picked.length, validity, values: gatherValues(column, picked), offsets: null }
}

/** The rows of all columns, one column after the other; they are of one type. */
export function concat(columns: readonly Column[]): Column {
  const [first, ...others] = columns
  if (first === undefined) throw internal({ code: 'no-columns', thing: 'concat' })
  if (others.length === 0) return first
  const other = others.find(column => !sameType(column.type, first.type))
  if (other) throw mixedTypes(first, other)
  const length = columns.reduce((sum, column) => sum + column.length, 0)
  const validity = concatValidity(columns, length)
  if (!isPlain(first)) return concatNested(columns, length, validity)
  if (first.offsets !== null) return { type: first.type, length, validity, ...concatBytes(columns, length) }
  return { type: first.type, length, validity, values: concatValues(columns, length), offsets: null }
}

/** The rows [start, end) of the column: views of its buffers, but for bits that begin inside a byte. */
export function slice(column: Column, start: number, end: number): Column {
  const { type, validity, values, offsets } = column
  const length = end - start
  const present = validity === null ? null : sliceBits(validity, start, end)
  if (!isPlain(column)) return sliceNested(column, start, end, present)
  if (offsets !== null)
    return { type, length, validity: present, values, offsets: offsets.subarray(start, end + 1) }
  const bits = layoutOf(type) === 'bits'
  const cut = bits ? sliceBits(values as Uint8Array, start, end) : values.subarray(start, end)
  return { type, length, validity: present, values: cut, offsets: null }
}

function gatherValidity(column: Column, rows: Int32Array): Uint8Array | null {
  if (column.validity === null) return null
  const bits = new Uint8Array(bitmapBytes(rows.length))
  let absent = 0
  for (let i = 0; i < rows.length; i++) {
    if (isPresent(column, rows[i]!)) setBit(bits, i)
    else absent++
  }
  return absent === 0 ? null : bits
}

function gatherValues(column: Column, rows: Int32Array): ColumnValues {
  const { values } = column
  if (layoutOf(column.type) === 'bits') return gatherBits(values as Uint8Array, rows)
  if (values instanceof BigInt64Array) return gatherWordPairs(values, rows)
  if (values instanceof Float64Array) return gatherFloat64(values, rows)
  if (values instanceof Int32Array) return gatherInt32(values, rows)
  const out = new (values.constructor as new (length: number) => Int8Array)(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!
  return out
}

function gatherBits(values: Uint8Array, rows: Int32Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(rows.length))
  for (let i = 0; i < rows.length; i++) if (bitAt(values, rows[i]!)) setBit(out, i)
  return out
}

function gatherInt32(values: Int32Array, rows: Int32Array): Int32Array {
  const out = new Int32Array(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!
  return out
}

/** As doubles: a canonical NaN stays as it is, and 8 bytes move at a time. */
function gatherFloat64(values: Float64Array, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!
  return out
}

function gatherWordPairs(values: BigInt64Array, rows: Int32Array): BigInt64Array {
  const out = new BigInt64Array(rows.length)
  const from = wordsOf(values)
  const to = wordsOf(out)
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i]! * 2
    to[i * 2] = from[at]!
    to[i * 2 + 1] = from[at + 1]!
  }
  return out
}

function gatherBytes(column: Column, rows: Int32Array): { values: Uint8Array; offsets: Int32Array } {
  const from = column.values as Uint8Array
  const fromOffsets = column.offsets!
  const offsets = new Int32Array(rows.length + 1)
  let total = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    total += fromOffsets[row + 1]! - fromOffsets[row]!
    offsets[i + 1] = total
  }
  const values = new Uint8Array(total + 4).subarray(0, total)
  const reader = new DataView(from.buffer, from.byteOffset, from.byteLength)
  const writer = new DataView(values.buffer)
  for (let i = 0; i < rows.length; i++)
    copyBytes(from, reader, fromOffsets[rows[i]!]!, values, writer, offsets[i]!, offsets[i + 1]!)
  return { values, offsets }
}

/**
 * Copies a text, short ones four bytes at a time. A step may write up to three bytes too many: they are overwritten by
 * the next text, or lie in the room behind the last.
 */
function copyBytes(
  from: Uint8Array,
  reader: DataView,
  at: number,
  to: Uint8Array,
  writer: DataView,
  start: number,
  end: number,
): void {
  const length = end - start
  if (length > shortCopy || at + length + 3 > from.length)
    return to.set(from.subarray(at, at + length), start)
  for (let i = 0; i < length; i += 4) writer.setInt32(start + i, reader.getInt32(at + i, true), true)
}

function concatValidity(columns: readonly Column[], length: number): Uint8Array | null {
  if (columns.every(column => column.validity === null)) return null
  const bits = new Uint8Array(bitmapBytes(length))
  let at = 0
  for (const column of columns) {
    if (column.validity === null) setBits(bits, at, at + column.length)
    else copyBits(column.validity, 0, column.length, bits, at)
    at += column.length
  }
  return countBits(bits, length) === length ? null : bits
}

function concatValues(columns: readonly Column[], length: number): ColumnValues {
  const first = columns[0]!
  if (layoutOf(first.type) === 'bits') return concatBits(columns, length)
  const out = new (first.values.constructor as new (length: number) => ColumnValues)(length)
  let at = 0
  for (const column of columns) {
    out.set(column.values.subarray(0, column.length) as never, at)
    at += column.length
  }
  return out
}

function concatBits(columns: readonly Column[], length: number): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length))
  let at = 0
  for (const column of columns) {
    copyBits(column.values as Uint8Array, 0, column.length, out, at)
    at += column.length
  }
  return out
}

function concatBytes(
  columns: readonly Column[],
  length: number,
): { values: Uint8Array; offsets: Int32Array } {
  const total = columns.reduce((sum, { offsets, length: rows }) => sum + offsets![rows]! - offsets![0]!, 0)
  const values = new Uint8Array(total)
  const offsets = new Int32Array(length + 1)
  let row = 0
  let end = 0
  for (const column of columns) {
    const from = column.offsets!
    const start = from[0]!
    values.set((column.values as Uint8Array).subarray(start, from[column.length]), end)
    for (let i = 1; i <= column.length; i++) offsets[row + i] = from[i]! - start + end
    row += column.length
    end = offsets[row]!
  }
  return { values, offsets }
}

function mixedTypes(first: Column, other: Column): Error {
  return internal({
    code: 'mixed-types',
    thing: 'concat',
    expected: typeName(first.type),
    found: typeName(other.type),
  })
}
