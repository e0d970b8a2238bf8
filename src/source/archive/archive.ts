/**
 * The archive: a log's records as Parquet files, so that the log may be trimmed and history still be read. Each file
 * carries the positions of its rows and says in its metadata which range [first, next) of which partition it covers,
 * whether or not there are rows in it; the next run goes on where the files end.
 *
 * I1. A file appears whole or not at all, and is never replaced (L4).
 * I2. The files of a partition cover one range without holes but those that were accepted, which a file of its own records; a
 *     run extends it, or fails with what is there untouched.
 * I3. All files of a folder are of one log and have the same columns.
 * I4. Of several archivers, paused ones too, one goes on from a place (publish-archived.ts); a second one is refused
 *     (archiver-lock.ts).
 */
import { systemClock } from '../../clock.ts'
import { invalid } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import type { Offset } from '../../record/position.ts'
import type { LogBound } from '../log-bound.ts'
import type { Log, LogDescription } from '../log.ts'
import { checkNames, checkSameFields, type ArchiveFields } from './archive-fields.ts'
import { archivePartition } from './archive-partition.ts'
import { archiveRanges, survey, type ArchiveRange, type OnArchiveGap } from './archive-range.ts'
import { writeLost, type ArchivedFile, type ArchiveFolder } from './archived-file.ts'
import { archivedSoFar, openFolder, type ArchivedSoFar } from './archived-files.ts'
import type { ArchiverLock } from './archiver-lock.ts'
import { FieldInference } from './infer-fields.ts'
import type { LostRange } from './lost-range.ts'

export type { OnArchiveGap } from './archive-range.ts'
export type { ArchivedFile } from './archived-file.ts'
export type { LostRange } from './lost-range.ts'

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
  /** And is written once its columns have so many bytes in memory. Default 128 MiB. */
  readonly bytesPerFile?: number
  /**
   * Where the log has let go records that the archive does not have: refuse, the default, or go on behind them. The archive
   * then says for ever what it lacks, and what is built from it must accept the hole by name.
   */
  readonly onGap?: OnArchiveGap
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
  /** What the log had let go before it was archived, of all runs. */
  readonly lost: readonly LostRange[]
}

/** At most so many rows a file, unless told otherwise. */
export const defaultRowsPerFile = 1_000_000
/** And so many bytes of columns in memory; in the file they are a fraction of it. */
export const defaultBytesPerFile: number = 128 << 20

/**
 * Writes what the archive lacks. Errors: `data` `record-does-not-fit`, `gap`, `log-lost-records`; `conflict`
 * `foreign-file`, `archive-hole`, `archive-fields`, `archive-locked` (another archiver is at it), `lost-ownership` (another
 * one took it for dead); `invalid` `reserved-column`; `unavailable` `write-failed`, `io`; those of reading the log.
 */
export async function archive(request: ArchiveRequest): Promise<ArchiveReport> {
  const { log, to, rowsPerFile = defaultRowsPerFile, bytesPerFile = defaultBytesPerFile } = request
  checkLimit('rowsPerFile', rowsPerFile)
  checkLimit('bytesPerFile', bytesPerFile)
  const description = await log.describe()
  const lock = await openFolder(to, systemClock)
  try {
    return await archiveTo(request, description, lock)
  } finally {
    await lock.release()
  }
}

async function archiveTo(
  request: ArchiveRequest,
  description: LogDescription,
  lock: ArchiverLock,
): Promise<ArchiveReport> {
  const { log, to, before: bound, signal, onGap = 'fail' } = request
  const { name, id } = description
  const sofar = await archivedSoFar(to, id)
  const ranges = archiveRanges(description, sofar.ranges, bound, onGap)
  const declared = await declaredFields(request, sofar)
  const inference = declared === null ? new FieldInference() : null
  const timeMs = bound && 'timeMs' in bound ? bound.timeMs : null
  const goals = { timeMs, inference, ...(signal && { signal }) }
  const todo = inference === null && timeMs === null ? ranges : await survey(log, ranges, goals)
  const columns = declared ?? inference!.fields()
  checkNames(columns)
  const folder = { to, log: name, columns }
  const lost = await writeGaps(folder, id, todo)
  const files = await writeRanges(request, { folder, id, lock }, todo)
  const places = [
    ...[...sofar.ranges].map(([partition, { next }]) => [partition, next] as const),
    ...lost.map(({ partition, to: next }) => [partition, next] as const),
    ...files.map(({ partition, next }) => [partition, next] as const),
  ]
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const report = { log: name, logId: id, fields: columns.fields, files, rows }
  return { ...report, next: new Map(places), lost: [...sofar.lost, ...lost] }
}

/** Refuses what is no limit of a file: `invalid` `bad-limit`. */
export function checkLimit(thing: string, limit: number): void {
  if (limit >= 1) return
  throw invalid({ code: 'bad-limit', thing, expected: '1 or more', found: String(limit) })
}

async function writeGaps(
  folder: ArchiveFolder,
  logId: string,
  ranges: readonly ArchiveRange[],
): Promise<readonly LostRange[]> {
  const written: LostRange[] = []
  for (const { partition, start, first, lostFrom } of ranges) {
    if (lostFrom === null) continue
    const lost = { partition, from: lostFrom, to: first, atMs: systemClock.now() }
    await writeLost(folder, lost, { logId, start })
    written.push(lost)
  }
  return written
}

interface Opened {
  readonly folder: ArchiveFolder
  readonly id: string
  readonly lock: ArchiverLock
}

async function writeRanges(
  {
    log,
    rowsPerFile = defaultRowsPerFile,
    bytesPerFile = defaultBytesPerFile,
    progress,
    signal,
  }: ArchiveRequest,
  { folder, id, lock }: Opened,
  ranges: readonly ArchiveRange[],
): Promise<ArchivedFile[]> {
  const total = ranges.reduce((sum, { first, end }) => sum + end - first, 0)
  const files: ArchivedFile[] = []
  let records = 0
  for (const range of ranges) {
    const advanced = async (count: number): Promise<void> => {
      records += count
      progress?.({ partition: range.partition, records, total })
      await lock.stay()
    }
    const target = { log, id, folder, rowsPerFile, bytesPerFile, advanced, ...(signal && { signal }) }
    files.push(...(await archivePartition(target, range)))
  }
  return files
}

/** Given fields, else the archive's, else the log's; null when they must be found. */
export async function declaredFields(
  { log, to, fields }: Pick<ArchiveRequest, 'log' | 'to' | 'fields'>,
  { fields: there }: ArchivedSoFar,
): Promise<ArchiveFields | null> {
  const wanted = fields ?? (await log.fields?.()) ?? null
  if (wanted === null) return there && { ...there, found: there.closed }
  const columns = { fields: wanted, jsonText: [], closed: fields === undefined }
  if (there !== null) checkSameFields(to, there, columns)
  return columns
}
