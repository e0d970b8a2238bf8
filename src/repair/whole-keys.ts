/** Cuts folded entries into pieces in which every key is whole: a list may be longer than the pieces of a scan. */
import { concatRows, sliceRows } from '../savepoint/entry-rows.ts'
import { keyCompare } from '../savepoint/row-order.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'

/** The same rows. What is held at a time is a piece and one key. */
export async function* wholeKeys(pieces: AsyncIterable<EntryRows>): AsyncGenerator<EntryRows> {
  let held: EntryRows[] = []
  for await (const rows of pieces) {
    if (rows.length === 0) continue
    const last = held[0]
    const ended = last === undefined ? 0 : runEnd(last, rows)
    if (last !== undefined && ended === rows.length) {
      held.push(rows) // one key still
      continue
    }
    if (last !== undefined) yield concatRows([...held, sliceRows(rows, 0, ended)])
    const tail = Math.max(ended, runStart(rows))
    if (tail > ended) yield sliceRows(rows, ended, tail)
    held = [sliceRows(rows, tail, rows.length)]
  }
  if (held.length > 0) yield concatRows(held)
}

/** Where the rows that continue the key of `last` end. */
function runEnd(last: EntryRows, rows: EntryRows): number {
  const compare = keyCompare(last.keys, rows.keys)
  let end = 0
  while (end < rows.length && rows.keyGroups[end] === last.keyGroups[0] && compare(0, end) === 0) end++
  return end
}

/** Where the last key begins. */
function runStart(rows: EntryRows): number {
  const compare = keyCompare(rows.keys, rows.keys)
  const last = rows.length - 1
  let start = last
  while (start > 0 && rows.keyGroups[start - 1] === rows.keyGroups[last] && compare(start - 1, last) === 0)
    start--
  return start
}
