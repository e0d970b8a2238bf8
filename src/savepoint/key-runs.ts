/**
 * Where rows go on with the key of the row before, found column by column over their buffers: a pass decides the rows
 * that the passes before it left open. No key is made, and no function is called for a row.
 */
import { bitAt } from '../codec/bitmap.ts'
import { layoutOf, wordsOf } from '../codec/layout.ts'
import type { Column } from '../record/column.ts'
import type { EntryRows } from './savepoint.ts'

/**
 * For each row 1 where it has the key of the row before it, else 0; of the first row 0. Null where a key group or a key
 * comes after a greater one.
 */
export function keyRuns({ length, keyGroups, keys }: EntryRows): Uint8Array | null {
  const open = new Uint8Array(length)
  for (let row = 1; row < length; row++) {
    const before = keyGroups[row - 1]!
    const group = keyGroups[row]!
    if (before > group) return null
    if (before === group) open[row] = 1
  }
  for (const column of keys) if (!ascends(column, open)) return null
  return open
}

/**
 * Looks at the rows that are open, each beside the row before: false where one is less; where one is greater, it is open no
 * more. The column has no nulls there.
 */
export function ascends(column: Column, open: Uint8Array): boolean {
  const layout = layoutOf(column.type)
  const { values } = column
  if (layout === 'text' || layout === 'bytes') return bytesAscend(values as Uint8Array, column.offsets!, open)
  if (layout === 'int64') return wordsAscend(wordsOf(values), open)
  if (layout === 'bits') return bitsAscend(values as Uint8Array, open)
  return numbersAscend(values as Int32Array, open)
}

function numbersAscend(values: Int32Array, open: Uint8Array): boolean {
  for (let row = 1; row < open.length; row++) {
    if (open[row] === 0) continue
    const order = values[row - 1]! - values[row]!
    if (order > 0) return false
    if (order < 0) open[row] = 0
  }
  return true
}

function bitsAscend(bits: Uint8Array, open: Uint8Array): boolean {
  for (let row = 1; row < open.length; row++) {
    if (open[row] === 0) continue
    const before = bitAt(bits, row - 1)
    if (before === bitAt(bits, row)) continue
    if (before) return false
    open[row] = 0
  }
  return true
}

/** 64 bits as words: the high one signed, the low one unsigned. */
function wordsAscend(words: Int32Array, open: Uint8Array): boolean {
  for (let row = 1; row < open.length; row++) {
    if (open[row] === 0) continue
    const high = words[row * 2 - 1]! - words[row * 2 + 1]!
    const order = high !== 0 ? high : (words[row * 2 - 2]! >>> 0) - (words[row * 2]! >>> 0)
    if (order > 0) return false
    if (order < 0) open[row] = 0
  }
  return true
}

function bytesAscend(bytes: Uint8Array, offsets: Int32Array, open: Uint8Array): boolean {
  for (let row = 1; row < open.length; row++) {
    if (open[row] === 0) continue
    const start = offsets[row]!
    const end = offsets[row + 1]!
    let before = offsets[row - 1]!
    let at = start
    while (before < start && at < end && bytes[before] === bytes[at]) {
      before++
      at++
    }
    if (before === start) {
      if (at < end) open[row] = 0 // a prefix comes first
    } else if (at === end || bytes[before]! > bytes[at]!) return false
    else open[row] = 0
  }
  return true
}
