/** What a key group's fold leaves behind, as sorted entries: one table a state, columns only (no value is boxed again). */
import { columnBuilder } from '../codec/column-builder.ts'
import { gather } from '../codec/gather.ts'
import { keyOrder } from '../codec/key-order.ts'
import type { KeyCodec } from '../record/key.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'
import type { TypeSpec } from '../record/type.ts'
import type { MapCell } from '../state/map-cell.ts'
import { present, type StateColumn } from '../state/state-column.ts'
import type { GroupRows } from './group-rows.ts'

/** The slots of a group's keys in the order of the keys. */
export function slotsInKeyOrder(codec: KeyCodec, rows: GroupRows): Int32Array {
  return keyOrder(codec, rows.keys)
}

/** The entries of one state; null when no key has any. */
export function groupEntries(
  group: number,
  rows: GroupRows,
  slots: Int32Array,
  column: StateColumn,
): EntryRows | null {
  if (column.kind === 'map') return mapEntries(group, rows, slots, column)
  return column.kind === 'list'
    ? listEntries(group, rows, slots, column)
    : valueEntries(group, rows, slots, column)
}

function valueEntries(
  group: number,
  rows: GroupRows,
  slots: Int32Array,
  column: StateColumn,
): EntryRows | null {
  const { flags, values, type } = column
  const held = slots.filter(slot => ((flags[slot] as number) & present) !== 0)
  const builder = columnBuilder(type, held.length)
  for (const slot of held) builder.append(values[slot])
  return entries(group, rows, held, null, builder.finish())
}

function listEntries(
  group: number,
  rows: GroupRows,
  slots: Int32Array,
  column: StateColumn,
): EntryRows | null {
  const { flags, values, type } = column
  const builder = columnBuilder(type)
  const owners: number[] = []
  const index: number[] = []
  for (const slot of slots) {
    if (((flags[slot] as number) & present) === 0) continue
    for (const [place, element] of (values[slot] as readonly unknown[]).entries()) {
      builder.append(element)
      owners.push(slot)
      index.push(place)
    }
  }
  return entries(group, rows, Int32Array.from(owners), Int32Array.from(index), builder.finish())
}

function mapEntries(
  group: number,
  rows: GroupRows,
  slots: Int32Array,
  { flags, values, type, keyType }: StateColumn,
): EntryRows | null {
  const builder = columnBuilder(type)
  const keyBuilder = columnBuilder(keyType as TypeSpec)
  const owners: number[] = []
  for (const slot of slots) {
    if (((flags[slot] as number) & present) === 0) continue
    const cell = values[slot] as MapCell
    for (const key of cell.keys()) {
      keyBuilder.append(key)
      builder.append(cell.get(key))
      owners.push(slot)
    }
  }
  return entries(group, rows, Int32Array.from(owners), null, builder.finish(), keyBuilder.finish())
}

function entries(
  group: number,
  rows: GroupRows,
  slots: Int32Array,
  index: Int32Array | null,
  value: EntryRows['value'],
  mapKey: EntryRows['value'] | null = null,
): EntryRows | null {
  if (slots.length === 0) return null
  const firstRows = slots.map(slot => rows.firstRows[slot] as number)
  return {
    length: slots.length,
    keyGroups: new Uint16Array(slots.length).fill(group),
    keys: rows.keyColumns.map(column => gather(column, firstRows, 0, firstRows.length)),
    index,
    mapKey,
    deleted: null,
    value,
  }
}
