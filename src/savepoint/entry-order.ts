/**
 * The order that entries stand in, checked while they are written and again when a savepoint is verified: key groups
 * ascend; in a group keys ascend; of a key there is one row, or (lists) a tombstone first and then ascending indexes, or keys of a map's entries.
 * Whole columns are looked at; single rows only to say which of them is wrong.
 */
import { bitAt } from '../codec/bitmap.ts'
import { slice } from '../codec/gather.ts'
import { detached } from '../codec/nested-rows.ts'
import { isPresent, type Column } from '../record/column.ts'
import { ascends, keyRuns } from './key-runs.ts'
import { keyCompare, type RowCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'

/** What of rows their order goes by. */
type PlacedRows = Pick<EntryRows, 'keyGroups' | 'keys' | 'index' | 'mapKey' | 'deleted'>

/** Checks entries that come in pieces. */
export class EntryOrder {
  #last: PlacedRows | null = null
  #same: Uint8Array = new Uint8Array(0)

  /**
   * Of the piece that was found in order last, a byte a row: 1 where it has the key of the row before it, which may be the last
   * one of the piece before.
   */
  get same(): Uint8Array {
    return this.#same
  }

  /** What is wrong with the next piece, and at which of its rows; null when it is in order. */
  check(rows: EntryRows): { readonly row: number; readonly what: string } | null {
    if (rows.length === 0) return null
    const last = this.#last
    const compare = last && keyCompare(last.keys, rows.keys)
    const what = last && disorder(last, 0, rows, 0, compare!)
    if (what !== null) return { row: 0, what }
    const same = keyRuns(rows)
    const wrong = same !== null && isInOrder(rows, same) ? null : firstDisorder(rows)
    if (wrong !== null) return wrong
    if (last?.keyGroups[0] === rows.keyGroups[0] && compare!(0, 0) === 0) same![0] = 1
    this.#same = same!
    this.#last = lastRow(rows)
    return null
  }
}

/** Whether the rows that go on with a key may stand there. */
function isInOrder({ mapKey, index, deleted }: EntryRows, same: Uint8Array): boolean {
  if (!same.includes(1)) return true
  if (mapKey) return entriesAscend(mapKey, same.slice())
  return index !== null && elementsAscend(index, deleted, same)
}

/** Within a key: a tombstone before all others, then ascending indexes. */
function elementsAscend(index: Int32Array, deleted: Uint8Array | null, same: Uint8Array): boolean {
  for (let row = 1; row < same.length; row++) {
    if (same[row] === 0) continue
    if (deleted !== null && bitAt(deleted, row)) return false
    if (deleted !== null && bitAt(deleted, row - 1)) continue
    if (index[row - 1]! >= index[row]!) return false
  }
  return true
}

/** Within a key: what removes all before all others, then ascending keys. `same` is used up. */
function entriesAscend(mapKey: Column, same: Uint8Array): boolean {
  if (mapKey.validity !== null) {
    for (let row = 1; row < same.length; row++) {
      if (same[row] === 0) continue
      if (!isPresent(mapKey, row)) return false
      if (!isPresent(mapKey, row - 1)) same[row] = 0
    }
  }
  return ascends(mapKey, same) && !same.includes(1)
}

function firstDisorder(rows: EntryRows): { readonly row: number; readonly what: string } | null {
  const compare = keyCompare(rows.keys, rows.keys)
  for (let row = 1; row < rows.length; row++) {
    const what = disorder(rows, row - 1, rows, row, compare)
    if (what !== null) return { row, what }
  }
  return null
}
/** What is wrong with row `b` coming after row `a`; null when nothing. */
function disorder(
  left: PlacedRows,
  a: number,
  right: PlacedRows,
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
function entryDisorder(left: PlacedRows, a: number, right: PlacedRows, b: number): string | null {
  const [before, after] = [left.mapKey!, right.mapKey!]
  if (!isPresent(after, b)) return 'a tombstone after other rows of its key'
  if (!isPresent(before, a) || keyCompare([before], [after])(a, b) < 0) return null
  return 'an entry of a map after a greater one, or twice'
}

function isTombstone({ deleted }: PlacedRows, row: number): boolean {
  return deleted !== null && bitAt(deleted, row)
}

/** A copy, so that it does not keep the piece's buffers. */
function lastRow({ length, keyGroups, keys, index, mapKey, deleted }: EntryRows): PlacedRows {
  const at = length - 1
  const copy = (column: Column): Column => detached(slice(column, at, length))
  return {
    keyGroups: keyGroups.slice(at, length),
    keys: keys.map(copy),
    index: index && index.slice(at, length),
    mapKey: mapKey ? copy(mapKey) : null,
    deleted: deleted && Uint8Array.of(bitAt(deleted, at) ? 1 : 0),
  }
}
