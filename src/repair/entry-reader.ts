/** Entries key by key, as JavaScript values. */
import { valueReader } from '../codec/column-reader.ts'
import { keyReader } from '../codec/key-columns.ts'
import type { MapKey } from '../record/map-key.ts'
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

/**
 * The entries of a piece in which every key is whole. Where there is an index an entry begins where it is 0, and a key may have
 * several in a row (entry-starts.ts).
 */
export function* entriesOf({ key, state }: StateTable, rows: EntryRows): Generator<KeyEntry> {
  const keyOf = keyReader(keyCodec(key), rows.keys)
  const valueOf = valueReader(rows.value)
  const compare = keyCompare(rows.keys, rows.keys)
  const mapKeyOf = rows.mapKey ? valueReader(rows.mapKey) : null
  const entryAt = (start: number, end: number): StoredEntry => {
    if (mapKeyOf !== null) return mapOf(mapKeyOf, valueOf, start, end)
    return state.kind === 'list' ? listOf(valueOf, start, end) : { kind: 'value', value: valueOf(start) }
  }
  for (let start = 0, end: number; start < rows.length; start = end) {
    end = start + 1
    if (state.kind === 'map' || state.kind === 'list') {
      while (end < rows.length && rows.index?.[end] !== 0 && compare(start, end) === 0) end++
    }
    yield {
      group: rows.keyGroups[start]!,
      key: keyOf(start),
      entry: entryAt(start, end),
      start,
      end,
    }
  }
}

function listOf(valueOf: (row: number) => unknown, start: number, end: number): StoredEntry {
  return { kind: 'list', elements: Array.from({ length: end - start }, (_, i) => valueOf(start + i)) }
}

function mapOf(
  keyOf: (row: number) => unknown,
  valueOf: (row: number) => unknown,
  start: number,
  end: number,
): StoredEntry {
  const entries = new Map<MapKey, unknown>()
  for (let row = start; row < end; row++) entries.set(keyOf(row) as MapKey, valueOf(row))
  return { kind: 'map', entries }
}
