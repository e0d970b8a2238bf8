/** Entries changed one by one on their way: values mapped, keys and key groups made anew, lists numbered again. */
import { columnBuilder } from '../codec/column-builder.ts'
import { valueFromJson, valueToJson } from '../codec/json-value.ts'
import { hashKeys } from '../codec/key-columns.ts'
import { keyGroupOf } from '../record/key-group.ts'
import { keyCodec } from '../record/key.ts'
import { gatherRows } from '../savepoint/entry-rows.ts'
import { keyCompare } from '../savepoint/row-order.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { EntryBuilder } from './entry-builder.ts'
import { entriesOf } from './entry-reader.ts'
import {
  called,
  checkedKey,
  entryFor,
  entryOf,
  thingOf,
  type Entry,
  type MapEntry,
  type RekeyEntry,
} from './transform.ts'
import { wholeKeys } from './whole-keys.ts'

type Pieces = AsyncIterable<EntryRows>

/** New values for old ones, of the type of the `to` table; its key is that of the `from` table. */
export async function* mappedRows(
  from: StateTable,
  to: StateTable,
  pieces: Pieces,
  map: MapEntry,
): AsyncGenerator<EntryRows> {
  const builder = new EntryBuilder(to, 'base')
  for await (const rows of wholeKeys(pieces)) {
    for (const { group, key, entry } of entriesOf(from, rows)) {
      const value = called(from, key, () => map(entryFor(from, key, entry)))
      builder.add(group, key, entryOf(to, key, value))
    }
    const built = builder.finish()
    if (built !== null) yield built
  }
}

/** A map that takes values of one type for those of another wherever their JSON form is one of both. */
export function retyped(from: StateTable, to: StateTable): MapEntry {
  return ({ key, value }: Entry) => {
    const thing = thingOf(to, key)
    const one = (item: unknown): unknown =>
      valueFromJson(to.state.type, valueToJson(from.state.type, item), thing)
    return from.state.kind === 'list' ? (value as readonly unknown[]).map(one) : one(value)
  }
}

/** Rows under new keys, without order; their groups are those of the new keys. */
export async function* rekeyedRows(
  table: StateTable,
  pieces: Pieces,
  rekey: RekeyEntry,
  keyGroups: number,
): AsyncGenerator<EntryRows> {
  const codec = keyCodec(table.key)
  for await (const rows of wholeKeys(pieces)) {
    const builders = table.key.fields.map(field => columnBuilder(field.type, rows.length))
    const kept: number[] = []
    for (const { key, entry, start, end } of entriesOf(table, rows)) {
      const given = called(table, key, () => rekey(entryFor(table, key, entry)))
      if (given === undefined) continue
      const parts = codec.parts(checkedKey(table, key, given))
      for (let row = start; row < end; row++) {
        kept.push(row)
        for (const [i, part] of parts.entries()) builders[i]!.append(part)
      }
    }
    if (kept.length === 0) continue
    const keys = builders.map(builder => builder.finish())
    yield regrouped(table, { ...gatherRows(rows, Int32Array.from(kept)), keys }, keyGroups)
  }
}

/** The rows with the key groups of their keys. */
export function regrouped(table: StateTable, rows: EntryRows, keyGroups: number): EntryRows {
  const hashes = new Int32Array(rows.length)
  hashKeys(keyCodec(table.key), rows.keys, hashes)
  return { ...rows, keyGroups: Uint16Array.from(hashes, hash => keyGroupOf(hash, keyGroups)) }
}

/** Lists of which elements were left out, without gaps. */
export async function* renumbered(pieces: Pieces): AsyncGenerator<EntryRows> {
  for await (const rows of wholeKeys(pieces)) {
    const compare = keyCompare(rows.keys, rows.keys)
    const index = new Int32Array(rows.length)
    for (let row = 1; row < rows.length; row++) {
      const same = rows.keyGroups[row] === rows.keyGroups[row - 1] && compare(row - 1, row) === 0
      index[row] = same ? index[row - 1]! + 1 : 0
    }
    yield { ...rows, index }
  }
}
