/** Entries of a state as lines: for programs as the columns that the savepoint has, for people as a table. */
import { valueReader } from '../codec/column-reader.ts'
import { jsonLines } from '../codec/json-lines.ts'
import { preview } from '../codec/preview.ts'
import { namedColumns } from '../savepoint/named-columns.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { GrowingTable } from './table.ts'

/** Prints the rows of pieces, those columns of them. */
export type EntryLines = (rows: EntryRows) => Uint8Array

/** One JSON object a row. `columns`: numbers among the table's fields. */
export function entryJsonLines(table: StateTable, columns: readonly number[]): EntryLines {
  return rows => {
    const all = namedColumns(table, rows)
    return jsonLines(
      columns.map(i => all[i]!),
      0,
      rows.length,
    )
  }
}

/** One table over all pieces. */
export function entryTable(table: StateTable, columns: readonly number[]): EntryLines {
  const lines = new GrowingTable()
  return rows => {
    const all = namedColumns(table, rows)
    const head = columns.map(i => all[i]!.name)
    const readers = columns.map(i => ({ type: all[i]!.column.type, read: valueReader(all[i]!.column) }))
    const cells = Array.from({ length: rows.length }, (_, row) =>
      readers.map(({ type, read }) => preview(type, read(row))),
    )
    return Buffer.from(`${lines.add(head, cells).join('\n')}\n`)
  }
}
