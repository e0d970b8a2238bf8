/**
 * The history contract: a source's bounded part, read column-wise. `plan` pins the files and checks them all before a
 * row is read; `read` gives the batches in a deterministic order.
 */
import type { HeadwaterError } from '../errors.ts'
import type { ColumnBatch } from '../record/column.ts'
import type { Field } from '../record/record.ts'

/** A file as it was when the run started; the run refuses when it changed. */
export interface PinnedFile {
  /** As it was found; relative patterns give relative paths. */
  readonly path: string
  readonly bytes: number
  /** Modification time, milliseconds since the epoch, with its fraction. */
  readonly modifiedMs: number
  /** sha-256 of the footer, hexadecimal. */
  readonly footerHash: string
  readonly rows: number
  /** What a Headwater archive says that it covers; null for other files. */
  readonly coverage: FileCoverage | null
}

/** The offsets [first, next) of one partition that an archive file covers, whether or not there are rows. */
export interface FileCoverage {
  readonly logId: string
  readonly partition: number
  readonly first: number
  readonly next: number
  /** Where the archive of the partition begins: its first file's `first`. Absent in older archives. */
  readonly start?: number
}

/** Names of the columns that carry log positions. */
export interface PositionColumns {
  readonly partition: string
  readonly offset: string
  /** The time at which the log took the record, a timestamp; null or absent when the files don't carry it. */
  readonly time?: string
  /** The topic, where the files name it: rows of two are refused, since their positions are of two logs. */
  readonly topic?: string
}

/** The names in Headwater's own archives. */
export const archivePositionColumns: Required<Omit<PositionColumns, 'topic'>> = {
  partition: '_partition',
  offset: '_offset',
  time: '_time',
}

/**
 * The column of an archive file with the JSON text of values that its fields can't hold, null in all other rows; only in
 * files that have such a row. A reader decodes that text as the log's value would be, and finds the same fault.
 */
export const archiveRawColumn = '_raw'

/** What a driver needs of a history. */
export interface HistoryRequest {
  /** For messages: the source's name. */
  readonly source: string
  /** The fields of the source's schema; only these columns are read, beside the positions. */
  readonly fields: readonly Field[]
  /** Whether values that do not fit their type are reported with the batch instead of ending the reading. Default false. */
  readonly reportMisfits?: boolean
}

/** One decoded piece of a file: a slice of one row group. */
export interface HistoryBatch {
  /** Index into the plan's files. */
  readonly file: number
  readonly rowGroup: number
  /** The first row's number inside the row group. */
  readonly firstRow: number
  /** The requested fields by their schema name, with the requested types. Nulls may stand in any field: the reader checks no rule of the job. */
  readonly batch: ColumnBatch
  /** Where the history carries positions: int32 partitions and safe-integer offsets, a row each; else null. */
  readonly partitions: Int32Array | null
  readonly offsets: Float64Array | null
  /** Log times in milliseconds, NaN where unknown; null when not carried. */
  readonly logTimes: Float64Array | null
  /**
   * Rows with a value that its field's type can't hold, and why, where that was asked for; such a value is of no meaning.
   * Rows of an archive whose raw value is no record of the requested fields are always among them.
   */
  readonly misfits?: ReadonlyMap<number, HeadwaterError>
}

/** A history that was looked at, file by file, before any row is read. */
export interface HistoryPlan {
  readonly files: readonly PinnedFile[]
  readonly rows: number
  /** Whether rows carry log positions. */
  readonly positioned: boolean
  /** Where they are, as people write it (position-presets.ts); absent where they are not carried, or nobody says. */
  readonly positionsFrom?: string
  /**
   * All rows of all files in order (file, row group, row). The batch buffers are the receiver's to keep.
   * Errors: `data` (corrupt file, value that does not fit, named with file and row group), `conflict` (file changed), `unavailable` (I/O).
   */
  read(signal?: AbortSignal): AsyncIterable<HistoryBatch>
}

/** The bounded part of a source. */
export interface History {
  /** For people: the pattern. */
  readonly name: string
  /** Finds, pins and checks the files. Errors: `invalid` (`empty-glob`, `missing-column`, `column-type`), `data` (`not-parquet`, `corrupt-file`), each naming the file. */
  plan(request: HistoryRequest): Promise<HistoryPlan>
}
