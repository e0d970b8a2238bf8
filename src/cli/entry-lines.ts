/** Entries of a state as lines: for programs as the columns that the savepoint has, for people as a table. */
import { valueReader, type ValueReader } from '../codec/column-reader.ts'
import { jsonText } from '../codec/json-text.ts'
import { valueToJson } from '../codec/json-value.ts'
import { preview } from '../codec/preview.ts'
import type { Column } from '../record/column.ts'
import type { TypeSpec } from '../record/type.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { GrowingTable } from './table.ts'

/** Lines of the first `rowEnd` rows. */
export type EntryLines = (table: StateTable, rows: EntryRows, rowEnd: number) => readonly string[]

interface EntryColumn {
  readonly name: string
  readonly type: TypeSpec
  readonly read: ValueReader
}

/** One JSON object a row: the key's fields, the index of a list's element, and the value under the state's name. */
export const entryJsonLines: EntryLines = (table, rows, rowEnd) => {
  const columns = columnsOf(table, rows)
  return rowNumbers(rowEnd).map(row =>
    jsonText(Object.fromEntries(columns.map(({ name, type, read }) => [name, valueToJson(type, read(row))]))),
  )
}

/** One table over all pieces that it is given. */
export function entryTable(): EntryLines {
  const lines = new GrowingTable()
  return (table, rows, rowEnd) => {
    const columns = columnsOf(table, rows)
    const head = columns.map(({ name }) => name)
    return lines.add(
      head,
      rowNumbers(rowEnd).map(row => columns.map(({ type, read }) => preview(type, read(row)))),
    )
  }
}

function columnsOf({ key, state }: StateTable, { keys, index, value }: EntryRows): readonly EntryColumn[] {
  const fields = keys.map((column, i) => entryColumn(key.fields[i]!.name, column))
  const place: readonly EntryColumn[] =
    index === null ? [] : [{ name: 'index', type: { kind: 'int32' }, read: row => index[row] }]
  return [...fields, ...place, entryColumn(state.name, value)]
}

function entryColumn(name: string, column: Column): EntryColumn {
  return { name, type: column.type, read: valueReader(column) }
}

function rowNumbers(end: number): readonly number[] {
  return Array.from({ length: end }, (_, row) => row)
}
