/** What Arrow IPC bytes are to the rest of Headwater; arrow.ts reads and writes them with apache-arrow. */
import type { Column, ColumnBatch } from '../record/column.ts'
import type { TypeSpec } from '../record/type.ts'

/** A field of Arrow bytes that were read. */
export interface ArrowFieldInfo {
  readonly name: string
  /**
   * The schema type that holds every value of the field, optional where the field is nullable; null when there is none
   * (times of day, durations, intervals, unions, decimals of other widths than 128 bits, and what holds any of them).
   */
  readonly type: TypeSpec | null
  readonly nullable: boolean
  /** Arrow's own name of the type, for messages: `Int64`, `Decimal[10e+2]`, `List<Utf8>`. */
  readonly arrowType: string
}

/** What Arrow bytes hold. */
export interface ArrowBatches {
  /** All fields in order; those with a null type are not among the columns. */
  readonly fields: readonly ArrowFieldInfo[]
  readonly metadata: ReadonlyMap<string, string>
  /** The batches that have rows. */
  readonly batches: readonly ColumnBatch[]
}

/** Keys and values beside the fields of a schema. */
export type Metadata = Readonly<Record<string, string>>

/** The columns of a batch, in the order of the fields and of equal length. */
export type RowColumns = readonly Column[]

/** Where a record batch lies in its file, in bytes, as the file's footer says too. */
export interface IpcBlock {
  readonly offset: number
  /** With the 8 bytes before the metadata and the padding after it. */
  readonly metadataLength: number
  readonly bodyLength: number
}

/** Makes an Arrow IPC file piece by piece; the caller writes `head`, each batch's bytes and `finish` one after another. */
export interface IpcFileWriter {
  /** The file's start: magic and schema. */
  readonly head: Uint8Array
  /** One record batch: its bytes, which are the whole block. */
  batch(columns: RowColumns): { readonly bytes: Uint8Array; readonly block: IpcBlock }
  /** The footer. */
  finish(): Uint8Array
}
