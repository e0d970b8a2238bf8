/** Test help: a whole history in memory, as columns of JavaScript values. */
import { valueReader } from '../../../src/codec/column-reader.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import type { Schema } from '../../../src/record/record.ts'
import type { History, HistoryBatch, HistoryPlan } from '../../../src/source/history.ts'
import { parquet } from '../../../src/source/parquet.ts'
import type { ParquetOptions } from '../../../src/source/parquet.ts'

/** Looks at the files that match. */
export function planOf(
  pattern: string | string[],
  schema: Schema,
  options?: ParquetOptions,
): Promise<HistoryPlan> {
  const history: History = parquet(pattern, options)
  return history.plan({ source: 'test', fields: fieldsOf(schema) })
}

/** Reads all batches of a plan. */
export async function batchesOf(plan: HistoryPlan): Promise<HistoryBatch[]> {
  const batches: HistoryBatch[] = []
  for await (const batch of plan.read()) batches.push(batch)
  return batches
}

/** Reads all rows, each an array of its values in the order of the schema. */
export async function rowsOf(
  pattern: string | string[],
  schema: Schema,
  options?: ParquetOptions,
): Promise<unknown[][]> {
  return (await batchesOf(await planOf(pattern, schema, options))).flatMap(rowsOfBatch)
}

export function rowsOfBatch({ batch }: HistoryBatch): unknown[][] {
  const readers = [...batch.columns.values()].map(valueReader)
  return Array.from({ length: batch.length }, (_, row) => readers.map(read => read(row)))
}
