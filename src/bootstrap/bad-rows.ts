/** Rows of history that can't be used: they stop the run, or are counted, or counted and kept (architecture.md section 7). */
import { valueReader } from '../codec/column-reader.ts'
import type { HeadwaterError } from '../errors.ts'
import type { AnyRecord } from '../record/record.ts'
import type { Source } from '../source/source.ts'
import { whereRow, type SourceBatch } from './source-batch.ts'

/** A bad row as it is kept. */
export interface KeptBadRow {
  /** File, row group and row. */
  readonly where: string
  readonly partition: number | null
  readonly offset: number | null
  readonly code: string
  readonly reason: string
  readonly record: AnyRecord
}

/** The bad rows of one source. */
export class BadRows {
  readonly #source: Source
  readonly kept: KeptBadRow[] = []
  count = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** Counts, and keeps where the source says so; throws the error where it says stop. */
  refuse(batch: SourceBatch, row: number, error: HeadwaterError): void {
    if (this.#source.badRecords === 'stop') throw error
    this.count++
    if (this.#source.badRecords === 'skip') return
    this.kept.push({
      where: whereRow(batch.origin, row),
      partition: batch.partitions?.[row] ?? null,
      offset: batch.offsets?.[row] ?? null,
      code: error.code,
      reason: error.message,
      record: readableRecord(batch, row),
    })
  }
}

/** What can be read of a row: a value that does not fit its field's type is null. */
export function readableRecord({ columns }: SourceBatch, row: number): AnyRecord {
  const record: Record<string, unknown> = {}
  for (const [name, column] of columns) {
    try {
      record[name] = valueReader(column)(row)
    } catch {
      record[name] = null // the reason says what is wrong with it
    }
  }
  return record
}
