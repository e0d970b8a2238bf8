/** The only importer of hyparquet, which decodes footers here and nothing else. */
import { parquetMetadata } from 'hyparquet'
import type { FileMetaData } from 'hyparquet'

export type { ColumnChunk, FileMetaData, LogicalType, SchemaElement, Statistics } from 'hyparquet'

/** The footer at the end of `tail` as plain objects. Throws errors of many kinds where it is broken. */
export function decodeFooter(tail: Uint8Array): FileMetaData {
  return parquetMetadata(tail, { parsers: exactParsers, geoparquet: false })
}

// Statistics in the unit of the column, not as Dates, which lose microseconds.
const exactParsers = {
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (days: number) => days,
}
