/** What a caller may say about a history of Parquet files, in a file of its own: the entry and the planning share it. */
import type { PositionColumns } from '../history.ts'
import type { PositionPreset } from '../position-presets.ts'
import type { ColumnMapping } from './file-plan.ts'

/** How Parquet files are read. */
export interface ParquetOptions {
  /** The files' column for a field of the schema, where it has another name: `{ customer: 'CustomerID' }`. */
  readonly columns?: ColumnMapping
  /**
   * The columns with log positions, or the preset of the tool that wrote the files (position-presets.ts). Default: the columns of
   * Headwater's archives (`_partition`, `_offset`, `_time`) or of Iceberg's sink, when all files have them; `false` reads without
   * positions.
   */
  readonly position?: PositionColumns | PositionPreset | false
  /** How long one piece of a file (at most about three million rows) may take to decode. Default 60,000 ms, and more for its size. */
  readonly decodeDeadlineMs?: number
  /** What relative patterns are relative to. Default: the working directory when the files are looked for. */
  readonly cwd?: string
}
