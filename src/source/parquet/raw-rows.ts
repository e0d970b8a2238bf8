/**
 * Rows of an archive whose value its columns could not hold: their text is decoded as the log's value would be, with the
 * same fields and the same errors. So a value is bad in history if and only if it is on the log (L10).
 */
import { columnBuilder } from '../../codec/column-builder.ts'
import { valueReader, type ValueReader } from '../../codec/column-reader.ts'
import { jsonDecoder } from '../../codec/json.ts'
import { HeadwaterError } from '../../errors.ts'
import { isPresent, type Column } from '../../record/column.ts'
import { required } from '../../record/type.ts'
import { undecodableIn } from '../undecodable.ts'
import type { ColumnPlan } from './column-plan.ts'
import { columnMaker, type DecodedBatch, type ReportMisfit } from './column-maker.ts'

type Columns = ReadonlyMap<string, Column>

/** Gives the columns with the raw values in them that are records; those that are not are reported. */
export type RestoreRaw = (batch: DecodedBatch, columns: Columns, report: ReportMisfit) => Columns

/** For the files of an archive that have raw values. */
export function rawRows(plans: readonly ColumnPlan[], raw: ColumnPlan): RestoreRaw {
  const makeRaw = columnMaker(raw)
  const decode = fieldsDecoder(plans)
  return (batch, columns, report) => {
    const texts = makeRaw(batch, null)
    const textOf = valueReader(texts)
    const records = new Map<number, ReadonlyMap<string, unknown>>()
    let found = false
    for (let row = 0; row < batch.length; row++) {
      if (!isPresent(texts, row)) continue
      found = true
      try {
        records.set(row, decode(rawValue(textOf(row) as string)))
      } catch (error) {
        if (!(error instanceof HeadwaterError)) throw error
        records.set(row, new Map())
        report(row, placed(error, batch, row))
      }
    }
    if (!found) return columns
    return new Map([...columns].map(([name, column]) => [name, withValues(name, column, records)]))
  }
}

/** By schema field; a field may be read of a column with another name. */
function fieldsDecoder(plans: readonly ColumnPlan[]): (value: unknown) => ReadonlyMap<string, unknown> {
  const check = jsonDecoder([], 'value')
  const fields = plans.flatMap(({ field, source }) => {
    if (source.kind !== 'file') return []
    const decode = jsonDecoder([{ name: source.column.name, type: field.type }], 'value')
    return [{ name: field.name, column: source.column.name, decode }]
  })
  return value => {
    check(value)
    return new Map(fields.map(({ name, column, decode }) => [name, decode(value)[column]]))
  }
}

function rawValue(text: string): unknown {
  const error = undecodableIn(text)
  if (error !== null) throw error
  return JSON.parse(text)
}

function withValues(
  name: string,
  column: Column,
  records: ReadonlyMap<number, ReadonlyMap<string, unknown>>,
): Column {
  const builder = columnBuilder({ kind: 'optional', of: required(column.type) }, column.length)
  const read = valueReader(column)
  for (let row = 0; row < column.length; row++) {
    const record = records.get(row)
    builder.append(record?.has(name) === true ? record.get(name) : readOrNull(column, read, row))
  }
  return { ...builder.finish(), type: column.type }
}

/** null too for a value that does not fit, which was reported. */
function readOrNull(column: Column, read: ValueReader, row: number): unknown {
  if (!isPresent(column, row)) return null
  try {
    return read(row)
  } catch {
    return null
  }
}

function placed(
  error: HeadwaterError,
  { path, rowGroup, firstRow }: DecodedBatch,
  row: number,
): HeadwaterError {
  const { kind, code, expected, found } = error
  return new HeadwaterError(kind, {
    code,
    thing: `${path} row group ${rowGroup} row ${firstRow + row}: ${error.thing}`,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
    remedy: `correct what writes to the log, or declare badRecords: 'skip' or 'keep' for the source`,
    cause: error,
  })
}
