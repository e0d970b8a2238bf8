/** The columns of folded entries under the names that a segment's file gives them: what people and other programs see. */
import type { NamedColumn } from '../codec/json-lines.ts'
import type { Field } from '../record/record.ts'
import { entryType } from '../state/state.ts'
import { columnsOf } from './entry-rows.ts'
import type { EntryRows, StateTable } from './savepoint.ts'
import { segmentFields } from './segment-columns.ts'
import { columnType } from '../codec/stored-field.ts'

/** The fields of a state's entries: key group, the key's fields, a list's index or the key of a map's entry, the value. */
export function entryFields(table: StateTable): readonly Field[] {
  const fields = segmentFields(table, 'base').map(({ name, type }) => ({ name, type: columnType(type) }))
  return [...fields.slice(0, -1), { name: table.state.name, type: entryType(table.state) }]
}

/** The columns in the order of these fields. Errors: none, as long as the entries are folded. */
export function namedColumns(table: StateTable, rows: EntryRows): readonly NamedColumn[] {
  const columns = columnsOf(rows.deleted === null ? rows : { ...rows, deleted: null })
  return entryFields(table).map(({ name, type }, i) => ({ name, column: { ...columns[i]!, type } }))
}
