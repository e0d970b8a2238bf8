/**
 * The archive: a log's records as Parquet files, so that the log may be trimmed and history still be read. Each file
 * carries the positions of its rows and says in its metadata which range [first, next) of which partition it covers,
 * whether or not there are rows in it; the next run goes on where the files end.
 *
 * I1. A file appears whole or not at all, and is never replaced (L4).
 * I2. The files of a partition cover one range without holes; a run extends it, or fails with what is there untouched.
 * I3. All files of a folder are of one log and have the same columns.
 */
import { invalid } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import type { Offset } from '../../record/position.ts'
import type { LogBound } from '../log-bound.ts'
import type { Log, LogDescription } from '../log.ts'
import { checkNames, checkSameFields, type ArchiveFields } from './archive-fields.ts'
import { archivePartition, type ArchivedFile } from './archive-partition.ts'
import { archiveRanges, survey, type ArchiveRange } from './archive-range.ts'
import { archivedSoFar, prepareFolder, type ArchivedSoFar } from './archived-files.ts'
import { FieldInference } from './infer-fields.ts'

export type { ArchivedFile } from './archive-partition.ts'

/** What to archive, and where to. */
export interface ArchiveRequest {
  readonly log: Log
  /** The archive's folder; made when it is not there. One log a folder. */
  readonly to: string
  /** What is below it is archived. Default: all that is in the log at the start. */
  readonly before?: LogBound
  /**
   * The columns: fields of the values beyond them are left out. Default: those that the log declares, else those that
   * its values have, found in a first pass; then a value with another field is refused, so that nothing is lost. A value
   * that is no record of given or declared columns, and a tombstone, is archived as it is, in `_raw`: whether it is bad
   * is for the source to say that reads it.
   */
  readonly fields?: readonly Field[]
  /** A file holds at most so many. Default 1,000,000. */
  readonly rowsPerFile?: number
  readonly progress?: (progress: ArchiveProgress) => void
  readonly signal?: AbortSignal
}

/** How far it is. */
export interface ArchiveProgress {
  readonly partition: number
  /** Records archived by this run, in all partitions. */
  readonly records: number
  /** Records that this run will archive at most. */
  readonly total: number
}

/** What a run did. */
export interface ArchiveReport {
  readonly log: string
  readonly logId: string
  readonly fields: readonly Field[]
  /** The files that this run wrote. */
  readonly files: readonly ArchivedFile[]
  readonly rows: number
  /** By partition, up to where the archive now covers the log: what may be trimmed. */
  readonly next: ReadonlyMap<number, Offset>
}

const defaultRowsPerFile = 1_000_000

/**
 * Writes what the archive lacks. Errors: `data` `record-does-not-fit`, `gap`, `log-lost-records`; `conflict`
 * `foreign-file`, `archive-hole`, `archive-fields`, `file-exists` (another run is at it); `invalid` `reserved-column`;
 * `unavailable` `write-failed`, `io`; those of reading the log.
 */
export async function archive(request: ArchiveRequest): Promise<ArchiveReport> {
  const { log, to, before: bound, signal, rowsPerFile = defaultRowsPerFile } = request
  if (!(rowsPerFile >= 1)) {
    throw invalid({
      code: 'bad-rows-per-file',
      thing: 'archive',
      expected: '1 or more',
      found: String(rowsPerFile),
    })
  }
  const description = await log.describe()
  await prepareFolder(to)
  const sofar = await archivedSoFar(to, description.id)
  const ranges = archiveRanges(description, sofar.ranges, bound)
  const declared = await declaredFields(request, sofar)
  const inference = declared === null ? new FieldInference() : null
  const timeMs = bound && 'timeMs' in bound ? bound.timeMs : null
  const goals = { timeMs, inference, ...(signal && { signal }) }
  const todo = inference === null && timeMs === null ? ranges : await survey(log, ranges, goals)
  const fields = declared ?? inference!.fields()
  checkNames(fields)
  const files = await writeRanges(request, description, fields, todo)
  const before = [...sofar.ranges].map(([partition, { next }]) => [partition, next] as const)
  const next = new Map([...before, ...files.map(file => [file.partition, file.next] as const)])
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  return { log: description.name, logId: description.id, fields: fields.fields, files, rows, next }
}

async function writeRanges(
  { log, to, rowsPerFile = defaultRowsPerFile, progress, signal }: ArchiveRequest,
  { name, id }: LogDescription,
  columns: ArchiveFields,
  ranges: readonly ArchiveRange[],
): Promise<ArchivedFile[]> {
  const total = ranges.reduce((sum, { first, end }) => sum + end - first, 0)
  const files: ArchivedFile[] = []
  let records = 0
  for (const range of ranges) {
    const advanced = (count: number): void => {
      records += count
      progress?.({ partition: range.partition, records, total })
    }
    const target = { log, name, id, to, columns, rowsPerFile, advanced, ...(signal && { signal }) }
    files.push(...(await archivePartition(target, range)))
  }
  return files
}

/** Given fields, else the archive's, else the log's; null when they must be found. */
async function declaredFields(
  { log, to, fields }: ArchiveRequest,
  { fields: there }: ArchivedSoFar,
): Promise<ArchiveFields | null> {
  const wanted = fields ?? (await log.fields?.()) ?? null
  if (wanted === null) return there && { ...there, found: there.closed }
  const columns = { fields: wanted, jsonText: [], closed: fields === undefined }
  if (there !== null) checkSameFields(to, there, columns)
  return columns
}
