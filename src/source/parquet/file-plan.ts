/** What is read of each file: planned for all files before any row is read, as plain data. */
import type { Field } from '../../record/record.ts'
import { archiveRawColumn, type HistoryRequest, type PositionColumns } from '../history.ts'
import { invalid } from '../../errors.ts'
import { planColumn } from './column-plan.ts'
import type { ColumnPlan } from './column-plan.ts'
import type { FileNamePositions } from './file-name-positions.ts'
import type { HistoryFile } from './pin.ts'
import { planPositions } from './position-plan.ts'
import type { PositionOption, PositionPlan } from './position-plan.ts'

/** One file with the columns that are wanted of it. */
export interface FilePlan {
  /** Its number in the history. */
  readonly index: number
  readonly file: HistoryFile
  /** The fields of the request, in its order. */
  readonly columns: readonly ColumnPlan[]
  readonly positions: PositionPlan | FileNamePositions | null
  /** The raw values of a Headwater archive, where this file has some. */
  readonly raw: ColumnPlan | null
  /** Whether rows that do not fit are reported with their batch. */
  readonly reportMisfits: boolean
}

/** The file's column for each field of the schema, where it is not the field's own name. */
export type ColumnMapping = Readonly<Record<string, string>>

/** Errors: those of `planColumn`, and `invalid` `unknown-field` for a mapping of a field that the schema lacks. */
export function planFiles(
  files: readonly HistoryFile[],
  request: HistoryRequest,
  mapping: ColumnMapping,
  names: PositionColumns | null,
  option: PositionOption,
): FilePlan[] {
  checkMapping(mapping, request)
  return files.map((file, index) => ({
    index,
    file,
    columns: request.fields.map(field => planColumn(file, field, columnName(field, mapping))),
    reportMisfits: request.reportMisfits ?? false,
    positions: names === null ? null : planPositions(file, names, option),
    raw: planRaw(file),
  }))
}

function planRaw(file: HistoryFile): ColumnPlan | null {
  const isThere = file.footer.columns.some(column => column.name === archiveRawColumn)
  return file.pinned.coverage !== null && isThere ? planColumn(file, rawField, archiveRawColumn) : null
}

const rawField: Field = { name: archiveRawColumn, type: { kind: 'optional', of: { kind: 'string' } } }

function columnName(field: Field, mapping: ColumnMapping): string {
  return Object.hasOwn(mapping, field.name) ? mapping[field.name]! : field.name
}

function checkMapping(mapping: ColumnMapping, { source, fields }: HistoryRequest): void {
  const known = fields.map(field => field.name)
  const unknown = Object.keys(mapping).find(name => !known.includes(name))
  if (unknown === undefined) return
  const thing = `history of '${source}': columns: '${unknown}'`
  throw invalid({ code: 'unknown-field', thing, expected: `a field of the schema: ${known.join(', ')}` })
}

/** The names of the file's columns that must be decoded, each once. */
export function decodedColumns({ columns, positions, raw }: FilePlan): string[] {
  const inColumns = positions !== null && !('firstOffsets' in positions)
  const places = inColumns ? [positions.partition, positions.offset, positions.time, positions.topic] : []
  const plans = [...columns, ...places, raw]
  const names = plans.flatMap(plan => (plan?.source.kind === 'file' ? [plan.source.column.name] : []))
  return [...new Set(names)]
}
