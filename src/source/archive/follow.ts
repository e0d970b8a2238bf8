/**
 * The archive that goes on while the log grows: `archive --follow`. It reads all partitions at once, new ones as they
 * come, and writes each partition's next file when that is full or old enough.
 *
 * F1. What is in the folder is an archive at every moment, and says alone where to go on (archive.ts, I1–I4): killed at any
 *     moment, the next start reads again what was not written.
 * F2. Every partition has a file before its first record is read, so that what is trimmed before it was archived is noticed
 *     at the next start too.
 * F3. Memory is bounded: when all partitions together hold four files' bytes, the largest is written.
 * F4. Nothing that was read is thrown away: when it stops, by a signal or by an error of the log, it is written before.
 */
import { systemClock, type Clock } from '../../clock.ts'
import type { Field } from '../../record/record.ts'
import type { Offset } from '../../record/position.ts'
import type { Log } from '../log.ts'
import {
  checkLimit,
  declaredFields,
  defaultBytesPerFile,
  defaultRowsPerFile,
  type ArchivedFile,
  type LostRange,
  type OnArchiveGap,
} from './archive.ts'
import { checkNames } from './archive-fields.ts'
import { archiveRanges } from './archive-range.ts'
import { archivedSoFar, openFolder } from './archived-files.ts'
import type { ArchiverLock } from './archiver-lock.ts'
import { Follower } from './follower.ts'
import { sampledFields } from './sample-fields.ts'

/** What to archive, where to, and when a file is written. */
export interface FollowRequest {
  readonly log: Log
  /** The archive's folder; made when it is not there. One log a folder. */
  readonly to: string
  /**
   * The columns: fields of the values beyond them are left out. Default: those of the archive, else those that the log
   * declares, else those of a sample of its values. A value that is no record of the columns, or has more fields than
   * default ones, is archived as it is, in `_raw`; what reads the archive decodes it as the log's value would be.
   */
  readonly fields?: readonly Field[]
  /** A partition's file is written when it has so many records: at most that many are in one. Default 1,000,000. */
  readonly rollRecords?: number
  /** Or when its columns have so many bytes in memory. Default 128 MiB. */
  readonly rollBytes?: number
  /**
   * Or so long after its first record was read, milliseconds. Default 5 minutes. What is written stays as it is: at 5 minutes a partition
   * that is never idle gets 288 files a day, which are all opened when history is read. Longer makes fewer; what was read is not in the
   * archive until then, so the log must keep it for longer.
   */
  readonly rollEveryMs?: number
  /** As for `archive`. */
  readonly onGap?: OnArchiveGap
  /** Ends it: what was read is written, and the report given. */
  readonly signal: AbortSignal
  /** Told of each file when it is there for good, and waited for. */
  readonly onFile?: (file: ArchivedFile) => void | Promise<void>
  readonly onProgress?: (progress: FollowProgress) => void
  /** Told what goes wrong and is tried again, and what else somebody should know. */
  readonly onWarning?: (text: string) => void
  /** How often the log is asked for new partitions and its ends, milliseconds. Default 10 seconds. */
  readonly lookEveryMs?: number
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** How far it is. */
export interface FollowProgress {
  /** Records in the files that this run wrote. */
  readonly records: number
  readonly files: number
  /** Records that were read and are in no file yet. */
  readonly waiting: number
  /** Offsets that were not read when the log was last asked for its ends. */
  readonly behind: number
  /** By partition, up to where the archive covers the log: what may be trimmed. */
  readonly next: ReadonlyMap<number, Offset>
}

/** What a run did. */
export interface FollowReport {
  readonly log: string
  readonly logId: string
  readonly fields: readonly Field[]
  readonly files: number
  readonly rows: number
  /** Of them, those whose value the columns can't hold: kept as it is, in `_raw`. */
  readonly raw: number
  /** By partition, up to where the archive now covers the log: what may be trimmed. */
  readonly next: ReadonlyMap<number, Offset>
  /** What the log had let go before it was archived, of all runs. */
  readonly lost: readonly LostRange[]
}

/** When a file is written, unless told otherwise. */
export const defaultRollEveryMs = 300_000

/**
 * Archives until the signal aborts. Errors: as `archive`, but that no value is refused; `data` `gap` names the records that
 * were trimmed before they were archived.
 */
export async function followArchive(request: FollowRequest): Promise<FollowReport> {
  const { log, to, clock = systemClock } = request
  const limits = limitsOf(request)
  const { id } = await log.describe()
  const lock = await openFolder(to, clock)
  try {
    return await follow({ ...request, ...limits, clock }, id, lock)
  } finally {
    await lock.release()
  }
}

type Settled = FollowRequest & Required<Pick<FollowRequest, keyof ReturnType<typeof limitsOf> | 'clock'>>

function limitsOf({
  rollRecords = defaultRowsPerFile,
  rollBytes = defaultBytesPerFile,
  rollEveryMs = defaultRollEveryMs,
  lookEveryMs = 10_000,
}: FollowRequest): Required<
  Pick<FollowRequest, 'rollRecords' | 'rollBytes' | 'rollEveryMs' | 'lookEveryMs'>
> {
  const limits = { rollRecords, rollBytes, rollEveryMs, lookEveryMs }
  for (const [name, limit] of Object.entries(limits)) checkLimit(name, limit)
  return limits
}

async function follow(request: Settled, id: string, lock: ArchiverLock): Promise<FollowReport> {
  const { log, to, onGap = 'fail' } = request
  const sofar = await archivedSoFar(to, id)
  const columns = (await declaredFields(request, sofar)) ?? (await sampledFields(log, request))
  const description = await log.describe() // the sample may have taken long
  const fields = columns?.fields ?? []
  const report = { log: description.name, logId: id, fields }
  const before = new Map([...sofar.ranges].map(([partition, { next }]) => [partition, next] as const))
  if (columns === null) return { ...report, files: 0, rows: 0, raw: 0, next: before, lost: sofar.lost }
  checkNames(columns)
  const ranges = archiveRanges(description, sofar.ranges, undefined, onGap)
  const folder = { to, log: description.name, columns }
  const follower = new Follower({ ...request, onGap, folder, logId: id, lock })
  const done = await follower.run(ranges)
  return { ...report, ...done, next: new Map([...before, ...done.next]), lost: [...sofar.lost, ...done.lost] }
}
