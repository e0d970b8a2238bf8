/** A batch of a source's history after the checks that come before any stage: what all of its stage inputs start from. */
import type { Column } from '../record/column.ts'
import type { BatchOrigin } from './scattered-batch.ts'

/** One batch, with the rows that count. */
export interface SourceBatch {
  readonly origin: BatchOrigin
  readonly length: number
  /** The source's fields by name. */
  readonly columns: ReadonlyMap<string, Column>
  /** The rows that are neither bad, nor duplicates, nor beyond the cut, ascending; null for all. */
  readonly kept: Int32Array | null
  readonly times: Float64Array | null
  readonly partitions: Int32Array | null
  readonly offsets: Float64Array | null
}

/** The row in words: `history/a.parquet row group 0 row 17`. */
export function whereRow(origin: BatchOrigin, row: number): string {
  return `${origin.label} row ${origin.firstRow + row}`
}
