/**
 * The columns of a segment's file, in their order.
 *
 * | column           | type                      | where                              |
 * |------------------|---------------------------|------------------------------------|
 * | key_group        | uint16                    | always                             |
 * | the key's fields | their types               | always                             |
 * | index            | int32, null in tombstones | lists                              |
 * | map_key          | the type of the entries' keys, null in tombstones of a key | maps |
 * | deleted          | bool                      | layers above the base              |
 * | the state        | its type, null in tombstones | always, named like the state    |
 */
import { bitmapBytes, countBits, setBits } from '../codec/bitmap.ts'
import { storedField, type StoredField } from '../codec/stored-field.ts'
import type { Column } from '../record/column.ts'
import { entryKeyType, entryType } from '../state/state.ts'
import { bool, columnsOf, int32, type RowShape } from './entry-rows.ts'
import type { EntryRows, StateTable } from './savepoint.ts'

export const groupColumn = 'key_group'
export const indexColumn = 'index'
export const mapKeyColumn = 'map_key'
export const deletedColumn = 'deleted'

/** Names that neither a key field nor a state may have. */
export const reservedColumns: readonly string[] = [groupColumn, indexColumn, mapKeyColumn, deletedColumn]

/** Whether a layer is the first one of its state, which holds no tombstones, or one above it. */
export type LayerPlace = 'base' | 'delta'

/** The place of the layer with that number, counted from the base. */
export function placeOf(layer: number): LayerPlace {
  return layer === 0 ? 'base' : 'delta'
}

/** The shape of a segment's entries. */
export function segmentShape({ key, state }: StateTable, layer: LayerPlace): RowShape {
  return {
    keyFields: key.fields.length,
    index: state.kind === 'list',
    mapKey: state.kind === 'map',
    deleted: layer === 'delta',
  }
}

/** The fields of a segment's file. */
export function segmentFields({ key, state }: StateTable, layer: LayerPlace): readonly StoredField[] {
  const isDelta = layer === 'delta'
  const fields: StoredField[] = [{ name: groupColumn, type: { kind: 'uint16' }, nullable: false }]
  fields.push(...key.fields.map(field => storedField(field.name, field.type)))
  if (state.kind === 'list') fields.push({ name: indexColumn, type: int32, nullable: isDelta })
  const entryKey = entryKeyType(state)
  if (entryKey !== null) fields.push({ name: mapKeyColumn, type: entryKey, nullable: isDelta })
  if (isDelta) fields.push({ name: deletedColumn, type: bool, nullable: false })
  const value = storedField(state.name, entryType(state))
  fields.push({ ...value, nullable: value.nullable || isDelta })
  return fields
}

/** Entries as the columns of a file: index and value of tombstones become null. The entries have the segment's shape. */
export function fileColumns(rows: EntryRows): readonly Column[] {
  const present = presentBits(rows)
  if (present === null) return columnsOf(rows)
  const keysEnd = 1 + rows.keys.length
  return columnsOf(rows).map((column, i, { length }) => {
    const isIndex = rows.index !== null && i === keysEnd
    const isValue = i === length - 1
    return isIndex || isValue ? { ...column, validity: both(column, present) } : column
  })
}

/** Bits of the rows that are no tombstones; null when that is all of them. */
function presentBits({ deleted, length }: EntryRows): Uint8Array | null {
  if (deleted === null || countBits(deleted, length) === 0) return null
  const bits = new Uint8Array(bitmapBytes(length))
  setBits(bits, 0, length)
  for (let i = 0; i < bits.length; i++) bits[i]! &= ~deleted[i]!
  return bits
}

function both({ validity }: Column, present: Uint8Array): Uint8Array {
  return validity === null ? present : present.map((byte, i) => byte & validity[i]!)
}
