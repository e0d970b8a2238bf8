/** Entries as a plain list of columns and back, so that they are cut, joined and picked by one rule for all columns. */
import { concat, gather, slice } from '../codec/gather.ts'
import type { Column } from '../record/column.ts'
import type { EntryRows } from './savepoint.ts'

/** Which columns entries have: key group, this many key fields, index or key of an entry, deleted, value. */
export interface RowShape {
  readonly keyFields: number
  readonly index: boolean
  readonly mapKey: boolean
  readonly deleted: boolean
}

export const int32 = { kind: 'int32' } as const
export const bool = { kind: 'bool' } as const

/** The shape of given entries. */
export function shapeOf({ keys, index, mapKey, deleted }: EntryRows): RowShape {
  return {
    keyFields: keys.length,
    index: index !== null,
    mapKey: isColumn(mapKey),
    deleted: deleted !== null,
  }
}

/** The entries' columns in the order of a shape. */
export function columnsOf(rows: EntryRows): readonly Column[] {
  const { length, keyGroups, keys, index, mapKey, deleted, value } = rows
  const plain = { length, validity: null, offsets: null }
  const columns: Column[] = [{ ...plain, type: int32, values: keyGroups }, ...keys]
  if (index !== null) columns.push({ ...plain, type: int32, values: index })
  if (isColumn(mapKey)) columns.push(mapKey)
  if (deleted !== null) columns.push({ ...plain, type: bool, values: deleted })
  columns.push(value)
  return columns
}

function isColumn(column: Column | null | undefined): column is Column {
  return column !== null && column !== undefined
}

/** Entries of columns in the order of a shape. */
export function rowsOf(shape: RowShape, columns: readonly Column[]): EntryRows {
  const keysEnd = 1 + shape.keyFields
  const mapKeyAt = keysEnd + (shape.index ? 1 : 0)
  const deletedAt = mapKeyAt + (shape.mapKey ? 1 : 0)
  const groups = columns[0]!
  return {
    length: groups.length,
    keyGroups: groups.values as Uint16Array,
    keys: columns.slice(1, keysEnd),
    index: shape.index ? (columns[keysEnd]!.values as Int32Array) : null,
    mapKey: shape.mapKey ? columns[mapKeyAt]! : null,
    deleted: shape.deleted ? (columns[deletedAt]!.values as Uint8Array) : null,
    value: columns[deletedAt + (shape.deleted ? 1 : 0)]!,
  }
}

/** The rows [start, end), as views where possible. */
export function sliceRows(rows: EntryRows, start: number, end: number): EntryRows {
  if (start === 0 && end === rows.length) return rows
  return rowsOf(
    shapeOf(rows),
    columnsOf(rows).map(column => slice(column, start, end)),
  )
}

/** Those rows in that order. */
export function gatherRows(rows: EntryRows, picked: Int32Array): EntryRows {
  return rowsOf(
    shapeOf(rows),
    columnsOf(rows).map(column => gather(column, picked, 0, picked.length)),
  )
}

/** All rows one after another; they are of one shape. */
export function concatRows(pieces: readonly EntryRows[]): EntryRows {
  const [first] = pieces as readonly [EntryRows]
  if (pieces.length === 1) return first
  const columns = pieces.map(columnsOf)
  return rowsOf(
    shapeOf(first),
    columns[0]!.map((_, i) => concat(columns.map(piece => piece[i]!))),
  )
}
