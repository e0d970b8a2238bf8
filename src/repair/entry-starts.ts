/**
 * Where entries begin in rows that may hold several entries of one key. Of a list its `index` says so: it is 0 there. Maps are given
 * an `index` of the same meaning for as long as their keys are made anew or merged: 0 begins an entry, 1 goes on with it.
 */
import { keyCompare } from '../savepoint/row-order.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { wholeKeys } from './whole-keys.ts'

/** The rows, in which each key has one entry so far, with the beginnings of entries wherever there may be others later. */
export async function* withStarts(
  { state }: StateTable,
  pieces: AsyncIterable<EntryRows>,
): AsyncGenerator<EntryRows> {
  if (state.kind !== 'map') {
    yield* pieces
    return
  }
  for await (const rows of wholeKeys(pieces)) {
    const { keyGroups, keys, length } = rows
    const compare = keyCompare(keys, keys)
    const index = new Int32Array(length)
    for (let row = 1; row < length; row++)
      index[row] = keyGroups[row] === keyGroups[row - 1] && compare(row - 1, row) === 0 ? 1 : 0
    yield { ...rows, index }
  }
}

/** The rows as they are stored: maps have no index. */
export function withoutStarts({ state }: StateTable, rows: EntryRows): EntryRows {
  return state.kind === 'map' ? { ...rows, index: null } : rows
}
