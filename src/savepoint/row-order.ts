/**
 * The order of entries by their key columns: numbers numerically, false before true, text by its UTF-8 bytes, field by
 * field. The same order as KeyCodec's, on buffers: no key is decoded to compare it.
 */
import { bitAt } from '../codec/bitmap.ts'
import { layoutOf, wordsOf } from '../codec/layout.ts'
import type { Column } from '../record/column.ts'

/** Row `a` of the left columns against row `b` of the right ones; negative when `a` comes first. */
export type RowCompare = (a: number, b: number) => number

/** Compares keys of one schema: rows of `left` with rows of `right`, which may be the same columns. */
export function keyCompare(left: readonly Column[], right: readonly Column[]): RowCompare {
  const fields = left.map((column, i) => columnCompare(column, right[i]!))
  if (fields.length === 1) return fields[0]!
  return (a, b) => {
    for (const compare of fields) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

function columnCompare(left: Column, right: Column): RowCompare {
  const layout = layoutOf(left.type)
  if (layout === 'text' || layout === 'bytes') return bytesCompare(left, right)
  if (layout === 'bits') return bitsCompare(left.values as Uint8Array, right.values as Uint8Array)
  if (layout === 'int64') return wordsCompare(wordsOf(left.values), wordsOf(right.values))
  return numbersCompare(left.values as Int32Array, right.values as Int32Array)
}

function numbersCompare(left: Int32Array, right: Int32Array): RowCompare {
  return (a, b) => left[a]! - right[b]!
}

function bitsCompare(left: Uint8Array, right: Uint8Array): RowCompare {
  return (a, b) => Number(bitAt(left, a)) - Number(bitAt(right, b))
}

/** 64 bits as words: the high one signed, the low one unsigned. */
function wordsCompare(left: Int32Array, right: Int32Array): RowCompare {
  return (a, b) => {
    const high = left[a * 2 + 1]! - right[b * 2 + 1]!
    return high !== 0 ? high : (left[a * 2]! >>> 0) - (right[b * 2]! >>> 0)
  }
}

function bytesCompare(left: Column, right: Column): RowCompare {
  const leftBytes = left.values as Uint8Array
  const rightBytes = right.values as Uint8Array
  const leftOffsets = left.offsets!
  const rightOffsets = right.offsets!
  return (a, b) => {
    const x = leftOffsets[a]!
    const y = rightOffsets[b]!
    const leftLength = leftOffsets[a + 1]! - x
    const rightLength = rightOffsets[b + 1]! - y
    const shared = leftLength < rightLength ? leftLength : rightLength
    for (let i = 0; i < shared; i++) {
      const order = leftBytes[x + i]! - rightBytes[y + i]!
      if (order !== 0) return order
    }
    return leftLength - rightLength
  }
}
