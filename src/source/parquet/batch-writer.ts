/**
 * Parquet files from columns: what archives are written with, 2–3 M rows/s. The encoder makes a file in one call and in
 * memory, so a file holds only so much (`isFull`), and nothing is on disk before `finish`.
 */
import { toIpcStream } from '../../codec/arrow.ts'
import { layoutOf } from '../../codec/layout.ts'
import { storedField } from '../../codec/stored-field.ts'
import { invalid } from '../../errors.ts'
import type { Column } from '../../record/column.ts'
import type { Field } from '../../record/record.ts'
import { publishFile } from './publish-file.ts'
import { batchRows } from './slices.ts'

/** A file that is full at so many rows or bytes of columns; encoding takes about three times the bytes. */
const fullRows = 4_194_304
const fullBytes = 128 * 1024 * 1024

/** Takes columns and makes one Parquet file of them. */
export interface ParquetBatchWriter {
  /** Rows appended so far. */
  readonly rows: number
  /** Whether the file has its size: finish it and begin another one. */
  readonly isFull: boolean
  /** Adds rows: a column a field, in the order of the fields. They are kept until `finish`, and must not change. */
  append(columns: readonly Column[]): void
  /**
   * Encodes the file and makes it appear under its name: whole, durable, never over another one; without rows too.
   * Errors: `conflict` `file-exists`, `unavailable` `write-failed`.
   */
  finish(): Promise<void>
}

/** A writer of one file: ZSTD, timestamps as instants (UTC), `metadata` as its key-value metadata. */
export function parquetBatchWriter(
  path: string,
  fields: readonly Field[],
  metadata: Readonly<Record<string, string>> = {},
): ParquetBatchWriter {
  return new BatchWriter(path, fields, metadata)
}

class BatchWriter implements ParquetBatchWriter {
  readonly #path: string
  readonly #fields: readonly Field[]
  readonly #metadata: Readonly<Record<string, string>>
  readonly #batches: (readonly Column[])[] = []
  #bytes = 0
  rows = 0

  constructor(path: string, fields: readonly Field[], metadata: Readonly<Record<string, string>>) {
    this.#path = path
    this.#fields = fields
    this.#metadata = metadata
  }

  get isFull(): boolean {
    return this.rows >= fullRows || this.#bytes >= fullBytes
  }

  append(columns: readonly Column[]): void {
    if (this.isFull) {
      const remedy = 'finish it when isFull says so, and begin another one'
      throw invalid({ code: 'file-full', thing: this.#path, found: `${this.rows} rows`, remedy })
    }
    const length = columns[0]?.length ?? 0
    if (length === 0) return
    this.#batches.push(columns)
    this.rows += length
    this.#bytes += columns.reduce((sum, column) => sum + bytesOf(column), 0)
  }

  async finish(): Promise<void> {
    const { encodeParquet } = await import('./wasm.ts')
    const fields = this.#fields.map(({ name, type }) => storedField(name, type))
    const batches = this.#batches.splice(0)
    const wholeNumbers = this.#fields.filter(isWholeNumber).map(field => field.name)
    const options = { rowGroupRows: batchRows, metadata: this.#metadata, wholeNumbers }
    await publishFile(this.#path, encodeParquet(toIpcStream(fields, batches), options))
  }
}

function isWholeNumber({ type }: Field): boolean {
  return layoutOf(type).startsWith('int')
}

function bytesOf({ values, offsets, length }: Column): number {
  return offsets === null ? values.byteLength : offsets[length]! - offsets[0]! + offsets.byteLength
}
