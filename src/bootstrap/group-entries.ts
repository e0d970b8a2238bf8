/** What a key group's fold leaves behind, as sorted entries: one table a state, columns only (no value is boxed again). */
import { columnBuilder } from '../codec/column-builder.ts'
import { gather } from '../codec/gather.ts'
import { keyOrder } from '../codec/key-order.ts'
import type { KeyCodec } from '../record/key.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'
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

function entries(
  group: number,
  rows: GroupRows,
  slots: Int32Array,
  index: Int32Array | null,
  value: EntryRows['value'],
): EntryRows | null {
  if (slots.length === 0) return null
  const firstRows = slots.map(slot => rows.firstRows[slot] as number)
  return {
    length: slots.length,
    keyGroups: new Uint16Array(slots.length).fill(group),
    keys: rows.keyColumns.map(column => gather(column, firstRows, 0, firstRows.length)),
    index,
    deleted: null,
    value,
  }
}
