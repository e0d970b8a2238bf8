/**
 * What a Parquet file says about itself: columns, row groups, statistics, key-value metadata. No data page is read.
 */
import { badData, messageOf } from '../../errors.ts'
import { topLevelColumns } from './footer-schema.ts'
import type { FileColumn } from './footer-schema.ts'
import { decodeFooter } from './hyparquet.ts'
import type { ColumnChunk, FileMetaData, Statistics } from './hyparquet.ts'

/** A file's own description. */
export interface Footer {
  /** Top-level columns in order; names may repeat in a broken file. */
  readonly columns: readonly FileColumn[]
  /** The dotted path of every leaf, nested ones included. */
  readonly leafPaths: readonly string[]
  readonly rowGroups: readonly RowGroup[]
  /** The sum over the row groups; the total that some writers put beside them is not to be trusted. */
  readonly rows: number
  readonly metadata: ReadonlyMap<string, string>
}

/** A row group: `chunks` has an entry a leaf. */
export interface RowGroup {
  readonly rows: number
  readonly chunks: readonly Chunk[]
}

/** A column's bytes in one row group. */
export interface Chunk {
  /** Where its pages begin in the file. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
  readonly uncompressedBytes: number
  readonly statistics: ChunkStatistics | null
}

/** Bounds of a chunk's values: good for leaving rows out, never as values, since writers may shorten them. */
export interface ChunkStatistics {
  /** Numbers, bigints or booleans as the type has it; null where unknown or not ordered as numbers. */
  readonly min: number | bigint | boolean | null
  readonly max: number | bigint | boolean | null
  readonly nulls: number | null
}

/** Reads the footer: `tail` ends with the file's last byte and holds the whole footer. Errors: `data` `corrupt-file`. */
export function parseFooter(tail: Uint8Array, fileBytes: number, path: string): Footer {
  try {
    return footerOf(decodeFooter(tail), fileBytes)
  } catch (cause) {
    const remedy = 'restore the file from its origin, or leave it out of the pattern'
    const found = messageOf(cause)
    throw badData({ code: 'corrupt-file', thing: path, expected: 'a readable footer', found, remedy, cause })
  }
}

function footerOf(metadata: FileMetaData, fileBytes: number): Footer {
  const { columns, leafPaths } = topLevelColumns(metadata.schema)
  const rowGroups = metadata.row_groups.map(group => {
    if (group.columns.length !== leafPaths.length) throw new Error('a row group lacks columns')
    return { rows: count(group.num_rows), chunks: group.columns.map(chunk => chunkOf(chunk, fileBytes)) }
  })
  return {
    columns,
    leafPaths,
    rowGroups,
    rows: count(rowGroups.reduce((sum, group) => sum + group.rows, 0)),
    metadata: new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ''])),
  }
}

function chunkOf(chunk: ColumnChunk, fileBytes: number): Chunk {
  const meta = chunk.meta_data
  if (!meta || chunk.crypto_metadata) throw new Error('an encrypted column')
  if (chunk.file_path) throw new Error(`a column in another file, ${chunk.file_path}`)
  const dictionary = meta.dictionary_page_offset
  const start = count(dictionary ? dictionary : meta.data_page_offset)
  const end = start + count(meta.total_compressed_size)
  if (end > fileBytes) throw new Error(`a column chunk that ends at byte ${end} of ${fileBytes}`)
  const uncompressedBytes = count(meta.total_uncompressed_size)
  return { start, end, uncompressedBytes, statistics: statisticsOf(meta.statistics) }
}

function statisticsOf(statistics: Statistics | undefined): ChunkStatistics | null {
  if (!statistics) return null
  const nulls = statistics.null_count === undefined ? null : Number(statistics.null_count)
  return { min: bound(statistics.min_value), max: bound(statistics.max_value), nulls }
}

function bound(value: Statistics['min_value']): number | bigint | boolean | null {
  if (typeof value === 'number') return Number.isNaN(value) ? null : value
  return typeof value === 'bigint' || typeof value === 'boolean' ? value : null
}

function count(value: bigint | number | undefined): number {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`${String(value)} where a count belongs`)
}
