/**
 * A history in memory, behind the same contract as Parquet files: the law is tried at so many cuts that decoding a file
 * for each would take minutes. Rows are cut into batches and dealt to files in an order that has nothing to do with the
 * schedule.
 */
import { columnBuilder } from '../../src/codec/column-builder.ts'
import type { Column } from '../../src/record/column.ts'
import type { Field } from '../../src/record/record.ts'
import type { History, HistoryBatch, HistoryPlan } from '../../src/source/history.ts'
import type { Scripted } from './scripted-log.ts'

/** Rows a batch at most. */
const batchRows = 3

/** The records as a history with positions. Partitions come last first, each in the order of its offsets. */
export function memoryHistory(records: readonly Scripted[]): History {
  const rows = records.toSorted((a, b) => b.partition - a.partition || a.offset - b.offset)
  return {
    name: 'memory',
    plan: async ({ fields }): Promise<HistoryPlan> => ({
      files: rows.length === 0 ? [] : [file(rows.length)],
      rows: rows.length,
      positioned: true,
      read: () => batches(rows, fields),
    }),
  }
}

async function* batches(rows: readonly Scripted[], fields: readonly Field[]): AsyncGenerator<HistoryBatch> {
  for (let first = 0; first < rows.length; first += batchRows) {
    const slice = rows.slice(first, first + batchRows)
    const columns = fields.map(({ name, type }): [string, Column] => {
      const builder = columnBuilder(type)
      for (const { value } of slice) builder.append(value[name] ?? null)
      return [name, builder.finish()]
    })
    yield {
      file: 0,
      rowGroup: 0,
      firstRow: first,
      batch: { length: slice.length, columns: new Map(columns) },
      partitions: Int32Array.from(slice, ({ partition }) => partition),
      offsets: Float64Array.from(slice, ({ offset }) => offset),
      logTimes: null,
    }
  }
}

function file(rows: number): HistoryPlan['files'][number] {
  return { path: 'memory', bytes: 0, modifiedMs: 0, footerHash: '0'.repeat(64), rows, coverage: null }
}
