/** How many rows of two pieces are alike, column by column over whole runs of bytes. */
import { bitAt } from '../../codec/bitmap.ts'
import { valueReader } from '../../codec/column-reader.ts'
import { jsonText } from '../../codec/json-text.ts'
import { valueToJson } from '../../codec/json-value.ts'
import { layoutOf } from '../../codec/layout.ts'
import type { Column } from '../../record/column.ts'
import { columnsOf } from '../entry-rows.ts'
import type { EntryRows } from '../savepoint.ts'

/** How many of the `count` rows from left row `a` and right row `b` on are alike, up to the first that is not. */
export type AlikeRows = (a: number, b: number, count: number) => number

/** Over all columns of two pieces of one state. */
export function alikeRows(left: EntryRows, right: EntryRows): AlikeRows {
  const rights = columnsOf(right)
  const columns = columnsOf(left).map((column, i) => alikeIn(column, rights[i]!))
  return (a, b, count) => {
    let alike = count
    for (const column of columns) {
      if (alike === 0) return 0
      alike = column(a, b, alike)
    }
    return alike
  }
}

function alikeIn(left: Column, right: Column): AlikeRows {
  if (left.validity !== null || right.validity !== null) return alikeValues(left, right)
  switch (layoutOf(left.type)) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
      return alikeFixed(left, right)
    case 'text':
    case 'bytes':
      return alikeTexts(left, right)
    case 'bits':
      return alikeBits(left.values as Uint8Array, right.values as Uint8Array)
    default:
      return alikeValues(left, right)
  }
}

/** Bits, not numbers: NaN has one pattern, and −0 is another value than 0. */
function alikeFixed(left: Column, right: Column): AlikeRows {
  const width = left.values.BYTES_PER_ELEMENT
  const [x, y] = [bytesOf(left.values), bytesOf(right.values)]
  return (a, b, count) =>
    alikePrefix(
      count,
      rows => x.compare(y, b * width, (b + rows) * width, a * width, (a + rows) * width) === 0,
    )
}

function alikeTexts(left: Column, right: Column): AlikeRows {
  const [x, y] = [bytesOf(left.values), bytesOf(right.values)]
  const [from, to] = [left.offsets!, right.offsets!]
  return (a, b, count) => {
    const shift = to[b]! - from[a]!
    let lengths = 0
    while (lengths < count && to[b + lengths + 1]! - from[a + lengths + 1]! === shift) lengths++
    return alikePrefix(lengths, rows => x.compare(y, to[b], to[b + rows], from[a], from[a + rows]) === 0)
  }
}

function alikeBits(left: Uint8Array, right: Uint8Array): AlikeRows {
  return (a, b, count) => {
    let alike = 0
    while (alike < count && bitAt(left, a + alike) === bitAt(right, b + alike)) alike++
    return alike
  }
}

/** Any type, value by value. */
function alikeValues(left: Column, right: Column): AlikeRows {
  const [x, y] = [valueReader(left), valueReader(right)]
  const { type } = left
  return (a, b, count) => {
    let alike = 0
    while (alike < count && isAlike(x(a + alike), y(b + alike), value => jsonText(valueToJson(type, value))))
      alike++
    return alike
  }
}

/** Whether two values of a type are the same; `text` gives unlike texts for unlike values. */
export function isAlike(a: unknown, b: unknown, text: (value: unknown) => string): boolean {
  if (Object.is(a, b)) return true
  return typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && text(a) === text(b)
}

/** The largest number of rows up to `count` for which `alike` holds; where it fails it fails for all larger numbers. */
function alikePrefix(count: number, alike: (rows: number) => boolean): number {
  if (alike(count)) return count
  let least = 0
  for (let most = count; most - least > 1;) {
    const middle = (least + most) >>> 1
    if (alike(middle)) least = middle
    else most = middle
  }
  return least
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
