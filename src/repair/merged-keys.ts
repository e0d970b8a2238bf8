/** Makes one entry of several that a sorted stream has for one key, by a function of the user's, or refuses them. */
import { conflict, type HeadwaterError } from '../errors.ts'
import type { Key } from '../record/key.ts'
import { keyCompare } from '../savepoint/row-order.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import type { StoredEntry } from '../savepoint/stored-entry.ts'
import { EntryBuilder } from './entry-builder.ts'
import { entriesOf, type KeyEntry } from './entry-reader.ts'
import { withoutStarts } from './entry-starts.ts'
import { wholeKeys } from './whole-keys.ts'
import { called, entryFor, entryOf, thingOf, type MergeEntries } from './transform.ts'

const shownKeys = 5

/** How keys that meet are dealt with. */
export interface MergedKeys {
  readonly merge: MergeEntries | null
  /** The error for keys that meet where there is no function; the first few are given. */
  readonly refused: (keys: readonly string[], isAll: boolean) => HeadwaterError
}

/**
 * Rows in order in which a key may have several entries one after the other, and it can be told where each begins
 * (entry-starts.ts); each key has one afterwards. Pieces without such
 * keys pass as they are. What is held at a time is a piece and a key.
 */
export async function* mergedKeys(
  table: StateTable,
  pieces: AsyncIterable<EntryRows>,
  how: MergedKeys,
): AsyncGenerator<EntryRows> {
  const met: string[] = []
  for await (const rows of wholeKeys(pieces)) {
    if (!hasMet(rows)) {
      if (met.length === 0) yield withoutStarts(table, rows)
      continue
    }
    const merged = mergedPiece(table, rows, how, met)
    if (met.length >= shownKeys) throw how.refused(met, false)
    if (met.length === 0 && merged !== null) yield merged
  }
  if (met.length > 0) throw how.refused(met, true)
}

/** The error for keys that two savepoints, or a new key for two, have in common. */
export function overlappingKeys(thing: string, remedy: string): MergedKeys['refused'] {
  return (keys, isAll) => {
    const found = `${keys.join('; ')}${isAll ? '' : ' and perhaps more'}`
    return conflict({ code: 'overlapping-keys', thing, expected: 'every key once', found, remedy })
  }
}

function mergedPiece(table: StateTable, rows: EntryRows, how: MergedKeys, met: string[]): EntryRows | null {
  const builder = new EntryBuilder(table, 'base')
  const compare = keyCompare(rows.keys, rows.keys)
  let held = null as KeyEntry | null
  for (const next of entriesOf(table, rows)) {
    if (held !== null && rows.keyGroups[held.start] === next.group && compare(held.start, next.start) === 0) {
      held = { ...held, entry: mergedEntry(table, held.key, held.entry, next.entry, how, met) }
    } else {
      if (held !== null) builder.add(held.group, held.key, held.entry)
      held = next
    }
  }
  if (held !== null) builder.add(held.group, held.key, held.entry)
  return builder.finish()
}

function mergedEntry(
  table: StateTable,
  key: Key,
  left: StoredEntry,
  right: StoredEntry,
  { merge }: MergedKeys,
  met: string[],
): StoredEntry {
  if (merge === null) {
    if (met.length < shownKeys) met.push(thingOf(table, key))
    return left
  }
  const { uid, state, kind, value } = entryFor(table, key, left)
  const other = entryFor(table, key, right).value
  return entryOf(
    table,
    key,
    called(table, key, () => merge(value, other, { uid, state, kind, key })),
  )
}

/** Whether a row begins another entry of the key of the row before. */
function hasMet({ length, keyGroups, keys, index }: EntryRows): boolean {
  const compare = keyCompare(keys, keys)
  for (let row = 1; row < length; row++) {
    if (index !== null && index[row] !== 0) continue
    if (keyGroups[row] === keyGroups[row - 1] && compare(row - 1, row) === 0) return true
  }
  return false
}
