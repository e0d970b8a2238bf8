/**
 * The order that entries stand in, checked while they are written and again when a savepoint is verified: key groups
 * ascend; in a group keys ascend; of a key there is one row, or (lists) a tombstone first and then ascending indexes, or keys of a map's entries.
 */
import { bitAt } from '../codec/bitmap.ts'
import { detached } from '../codec/nested-rows.ts'
import { isPresent } from '../record/column.ts'
import { columnsOf, rowsOf, shapeOf, sliceRows } from './entry-rows.ts'
import { keyCompare, type RowCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'

/** Checks entries that come in pieces. */
export class EntryOrder {
  #last: EntryRows | null = null

  /** What is wrong with the next piece, and at which of its rows; null when it is in order. */
  check(rows: EntryRows): { readonly row: number; readonly what: string } | null {
    if (rows.length === 0) return null
    const what = this.#last && disorder(this.#last, 0, rows, 0, keyCompare(this.#last.keys, rows.keys))
    if (what !== null) return { row: 0, what }
    const compare = keyCompare(rows.keys, rows.keys)
    for (let row = 1; row < rows.length; row++) {
      const wrong = disorder(rows, row - 1, rows, row, compare)
      if (wrong !== null) return { row, what: wrong }
    }
    this.#last = lastRow(rows)
    return null
  }
}

/** What is wrong with row `b` coming after row `a`; null when nothing. */
function disorder(
  left: EntryRows,
  a: number,
  right: EntryRows,
  b: number,
  compare: RowCompare,
): string | null {
  const groups = left.keyGroups[a]! - right.keyGroups[b]!
  if (groups < 0) return null
  if (groups > 0) return `key group ${right.keyGroups[b]} after ${left.keyGroups[a]}`
  const keys = compare(a, b)
  if (keys < 0) return null
  if (keys > 0) return 'a key after a greater one'
  if (right.mapKey && left.mapKey) return entryDisorder(left, a, right, b)
  if (right.index === null) return 'a second row of one key'
  if (isTombstone(right, b)) return 'a tombstone after other rows of its key'
  if (isTombstone(left, a) || left.index![a]! < right.index[b]!) return null
  return `index ${right.index[b]} after ${left.index![a]} of one key`
}

/** Rows of one key of a map: what removes all comes first, then entries in the order of their keys, each once. */
function entryDisorder(left: EntryRows, a: number, right: EntryRows, b: number): string | null {
  const [before, after] = [left.mapKey!, right.mapKey!]
  if (!isPresent(after, b)) return 'a tombstone after other rows of its key'
  if (!isPresent(before, a) || keyCompare([before], [after])(a, b) < 0) return null
  return 'an entry of a map after a greater one, or twice'
}

function isTombstone({ deleted }: EntryRows, row: number): boolean {
  return deleted !== null && bitAt(deleted, row)
}

/** A copy, so that it does not keep the piece's buffers. */
function lastRow(rows: EntryRows): EntryRows {
  const last = sliceRows(rows, rows.length - 1, rows.length)
  return rowsOf(shapeOf(last), columnsOf(last).map(detached))
}
