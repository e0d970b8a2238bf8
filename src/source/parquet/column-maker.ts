/** Makes one wanted column of a file's batches: decoded and converted, or the same value in every row. */
import type { ArrowFieldInfo } from '../../codec/ipc.ts'
import { badData, internal, type HeadwaterError } from '../../errors.ts'
import type { Column } from '../../record/column.ts'
import { typeName } from '../../record/type.ts'
import type { ColumnPlan } from './column-plan.ts'
import { constantColumns } from './constant-column.ts'
import { convertColumn } from './convert-column.ts'

/** A decoded batch and where it lies; of a file of which no column is wanted there is only a length. */
export interface DecodedBatch {
  readonly path: string
  readonly rowGroup: number
  /** The first row's number inside the row group. */
  readonly firstRow: number
  readonly length: number
  readonly columns: ReadonlyMap<string, Column>
  readonly fields: readonly ArrowFieldInfo[]
}

/** A column of the batch with its declared type. `report` takes rows that do not fit; null: the first one is thrown. */
export type ColumnMaker = (batch: DecodedBatch, report: ReportMisfit | null) => Column

/** Takes a row whose value does not fit its field's type. */
export type ReportMisfit = (row: number, error: HeadwaterError) => void

/**
 * The maker of a planned column. Errors when it makes: `data` `inexact-value` for a value that the declared type can't
 * hold exactly, naming file, row group and row.
 */
export function columnMaker({ field, source }: ColumnPlan): ColumnMaker {
  if (source.kind === 'folder') {
    const columns = constantColumns(source.value, field.type)
    return batch => columns(batch.length)
  }
  const { name } = source.column
  const expected = typeName(field.type)
  return (batch, report) => {
    const decoded = batch.columns.get(name)
    const misfit = (row: number, found: string): void => {
      const remedy = `declare a type for '${field.name}' that holds it, correct the file, or declare badRecords: 'skip' or 'keep'`
      const error = badData({
        code: 'inexact-value',
        thing: placeOf(batch, row, name),
        expected,
        found,
        remedy,
      })
      if (report === null) throw error
      report(row, error)
    }
    const column = decoded && convertColumn(decoded, source.column.type, field.type, misfit)
    if (column) return column
    const found = batch.fields.find(candidate => candidate.name === name)?.arrowType ?? 'nothing'
    throw internal({ code: 'decoded-type', thing: `${batch.path}: column '${name}'`, expected, found })
  }
}

/** The place in words: `history/a.parquet row group 0 row 17: column 'at'`. */
export function placeOf(batch: DecodedBatch, row: number, column: string): string {
  return `${batch.path} row group ${batch.rowGroup} row ${batch.firstRow + row}: column '${column}'`
}
