/** Rows of history that can't be used: they stop the run, or are counted, or counted and kept (architecture.md section 7). */
import { recordReader } from '../codec/row-records.ts'
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
    const names = [...batch.columns.keys()]
    const columns = [...batch.columns.values()]
    const fields = names.map((name, i) => ({ name, type: columns[i]!.type }))
    this.kept.push({
      where: whereRow(batch.origin, row),
      partition: batch.partitions?.[row] ?? null,
      offset: batch.offsets?.[row] ?? null,
      code: error.code,
      reason: error.message,
      record: recordReader(fields, columns)(row),
    })
  }
}
