/**
 * The only importer of parquet-wasm. Importing this file compiles 5 MB of WebAssembly, so the main thread does it only
 * when it writes. Any failure inside `ParquetFile` is a trap: an exception that no caller can catch (decode-worker.ts).
 */
import {
  Compression,
  Encoding,
  ParquetFile,
  Table,
  writeParquet,
  WriterPropertiesBuilder,
} from 'parquet-wasm'
import type { RangeReader } from './range-reader.ts'

/** Rows wanted of an open file. */
export interface RowRange {
  readonly rowGroup: number
  readonly firstRow: number
  readonly rows: number
  /** null for all columns. */
  readonly columns: readonly string[] | null
  readonly batchRows: number
}

/** An open Parquet file. */
export interface ParquetReader {
  /** The rows as an Arrow IPC stream in memory of its own. */
  read(range: RowRange): Promise<Uint8Array>
  free(): void
}

/** Opens a file: reads its footer. */
export async function openParquet(reader: RangeReader): Promise<ParquetReader> {
  const file = await ParquetFile.fromFile(reader as unknown as Blob)
  return { read: range => read(file, range), free: () => file.free() }
}

async function read(file: ParquetFile, range: RowRange): Promise<Uint8Array> {
  const { rowGroup, firstRow, rows, columns, batchRows } = range
  const table = await file.read({
    rowGroups: [rowGroup],
    offset: firstRow,
    limit: rows,
    batchSize: batchRows,
    ...(columns && { columns: [...columns] }),
  })
  return table.intoIPCStream()
}

/** How a file is encoded. */
export interface EncodeOptions {
  readonly rowGroupRows: number
  readonly metadata: ReadonlyMap<string, string>
  /** The columns of whole numbers, dates and times: differences suit them better than dictionaries, and are faster. */
  readonly wholeNumbers: readonly string[]
}

/** A whole Parquet file of the batches in an Arrow IPC stream, ZSTD. */
export function encodeParquet(
  ipc: Uint8Array,
  { rowGroupRows, metadata, wholeNumbers }: EncodeOptions,
): Uint8Array {
  let properties = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setMaxRowGroupSize(rowGroupRows)
    .setKeyValueMetadata(new Map(metadata))
    .setCreatedBy('headwater')
  for (const column of wholeNumbers) {
    properties = properties
      .setColumnDictionaryEnabled(column, false)
      .setColumnEncoding(column, Encoding.DELTA_BINARY_PACKED)
  }
  return writeParquet(Table.fromIPCStream(ipc), properties.build())
}
