/** What an archive's folder holds already: by partition, up to where it covers the log. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../clock.ts'
import { conflict, hasErrno, HeadwaterError, messageOf, unavailable } from '../../errors.ts'
import type { FileCoverage } from '../history.ts'
import { hasProcess } from '../file-log/process-identity.ts'
import { pinFile } from '../parquet/pin.ts'
import { archiveFieldsOf, type ArchiveFields } from './archive-fields.ts'
import type { ArchivedRange } from './archive-range.ts'
import { lostRangeOf, type LostRange } from './lost-range.ts'
import { lockArchive, type ArchiverLock } from './archiver-lock.ts'
import { finishClaims } from './publish-archived.ts'

/** The archive of one log as it is in its folder. */
export interface ArchivedSoFar {
  /** By partition, what the files cover. */
  readonly ranges: ReadonlyMap<number, ArchivedRange>
  /** The columns of its files; null when there are none. */
  readonly fields: ArchiveFields | null
  /** What the log had let go before it was archived. */
  readonly lost: readonly LostRange[]
}

interface CoveredFile {
  readonly path: string
  readonly coverage: FileCoverage
  readonly lost: LostRange | null
}

/**
 * Looks at every Parquet file directly in `to`. Errors: `conflict` `foreign-file` (no archive of ours, or of another
 * log), `archive-hole` (ranges that do not follow on each other, or a missing first one); those of opening a Parquet file.
 */
export async function archivedSoFar(to: string, logId: string): Promise<ArchivedSoFar> {
  const byPartition = new Map<number, CoveredFile[]>()
  let fields: ArchiveFields | null = null
  const seen = new Map<string, string>()
  for (const path of await parquetFiles(to)) {
    const { pinned, footer } = await pinFile(path, process.cwd(), seen)
    const coverage = ownCoverage(path, pinned.coverage, logId)
    fields ??= archiveFieldsOf(footer.metadata, path)
    const file = { path, coverage, lost: lostRangeOf(footer.metadata, path) }
    const files = byPartition.get(coverage.partition)
    if (files) files.push(file)
    else byPartition.set(coverage.partition, [file])
  }
  return {
    ranges: new Map([...byPartition].map(([partition, files]) => [partition, rangeOfChain(files)])),
    fields,
    lost: [...byPartition.values()].flat().flatMap(({ lost }) => lost ?? []),
  }
}

/** No archive of this process is older. */
const loadedMs = systemClock.now()

/** Earlier versions had no random name behind the process. */
const leftoverPattern = /^\..+\.parquet\.(\d+)(?:\.[0-9a-f]{32})?\.tmp$/

/**
 * Makes the folder, takes its lock, and removes and finishes what a killed run left in it. Errors: `conflict` `archive-locked`;
 * `unavailable` `io`.
 */
export async function openFolder(to: string, clock: Clock): Promise<ArchiverLock> {
  let lock: ArchiverLock | null = null
  try {
    await mkdir(to, { recursive: true })
    lock = await lockArchive(to, clock)
    await finishClaims(to)
    for (const name of await readdir(to)) {
      const pid = leftoverPattern.exec(name)?.[1]
      if (pid !== undefined && (await wasKilled(Number(pid), join(to, name))))
        await rm(join(to, name), { force: true })
    }
    return lock
  } catch (error) {
    await lock?.release()
    if (error instanceof HeadwaterError) throw error
    throw unavailable({ code: 'io', thing: to, found: messageOf(error), cause: error })
  }
}

/** Also when this process has the number of the killed one, as in a container, where all have: its file is older. */
async function wasKilled(pid: number, file: string): Promise<boolean> {
  if (!hasProcess(pid)) return true
  if (pid !== process.pid) return false
  const stats = await stat(file).catch(() => null)
  return stats !== null && stats.mtimeMs < loadedMs
}

async function parquetFiles(to: string): Promise<string[]> {
  try {
    const names = await readdir(to)
    return names
      .filter(name => name.endsWith('.parquet') && !name.startsWith('.'))
      .map(name => join(to, name))
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return []
    throw unavailable({ code: 'io', thing: to, found: messageOf(error), cause: error })
  }
}

function ownCoverage(path: string, coverage: FileCoverage | null, logId: string): FileCoverage {
  if (coverage?.logId === logId) return coverage
  throw conflict({
    code: 'foreign-file',
    thing: path,
    expected: `a file of the archive of log ${logId}`,
    found: coverage === null ? 'a file that no archive wrote' : `one of log ${coverage.logId}`,
    remedy: 'archive each log to a folder of its own',
  })
}

/** Ranges that follow on each other; a removed file, the first one too, must not be passed over in silence. */
function rangeOfChain(files: readonly CoveredFile[]): ArchivedRange {
  const links = files.map(({ path, coverage: { first, next: end }, lost }) => ({
    path,
    first: lost?.from ?? first,
    end,
  }))
  // Archives of earlier versions do not say where they began.
  const start = Math.min(...files.map(({ coverage }) => coverage.start ?? coverage.first))
  let [next, after] = [start, 'the archive begins']
  for (const { path, first, end } of links.toSorted((a, b) => a.first - b.first || a.end - b.end)) {
    if (first !== next) throw hole(path, { first, next: end }, `${next}, where ${after}`)
    next = end
    after = `${path} ends`
  }
  return { start, next }
}

function hole(
  path: string,
  { first, next }: Pick<FileCoverage, 'first' | 'next'>,
  where: string,
): HeadwaterError {
  return conflict({
    code: 'archive-hole',
    thing: path,
    expected: `a file that begins at ${where}`,
    found: `[${first}, ${next})`,
    remedy: 'restore the missing file, or archive to a new folder',
  })
}
