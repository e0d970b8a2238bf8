/** Entries key by key, as JavaScript values. */
import { valueReader } from '../codec/column-reader.ts'
import { keyReader } from '../codec/key-columns.ts'
import { keyCodec, type Key } from '../record/key.ts'
import { keyCompare } from '../savepoint/row-order.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import type { StoredEntry } from '../savepoint/stored-entry.ts'

/** What one key has, and in which rows. */
export interface KeyEntry {
  readonly group: number
  readonly key: Key
  readonly entry: StoredEntry
  /** The rows [start, end). */
  readonly start: number
  readonly end: number
}

/** The entries of a piece in which every key is whole. A list begins where the index is 0: a key may have several in a row. */
export function* entriesOf({ key, state }: StateTable, rows: EntryRows): Generator<KeyEntry> {
  const keyOf = keyReader(keyCodec(key), rows.keys)
  const valueOf = valueReader(rows.value)
  const compare = keyCompare(rows.keys, rows.keys)
  for (let start = 0, end: number; start < rows.length; start = end) {
    end = start + 1
    if (state.kind === 'list') {
      while (end < rows.length && rows.index![end] !== 0 && compare(start, end) === 0) end++
    }
    yield {
      group: rows.keyGroups[start]!,
      key: keyOf(start),
      entry: state.kind === 'list' ? listOf(valueOf, start, end) : { kind: 'value', value: valueOf(start) },
      start,
      end,
    }
  }
}

function listOf(valueOf: (row: number) => unknown, start: number, end: number): StoredEntry {
  return { kind: 'list', elements: Array.from({ length: end - start }, (_, i) => valueOf(start + i)) }
}
