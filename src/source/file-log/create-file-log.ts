/** Makes a file log, and adds partitions to one. */
import { link, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { systemClock, type Clock } from '../../clock.ts'
import { conflict, hasErrno, HeadwaterError, invalid } from '../../errors.ts'
import { fieldsOf, type Field, type Schema } from '../../record/record.ts'
import { logFilePath, logFormat, readLogFile, type LogFile } from './log-file.ts'
import { ioFault } from './io-fault.ts'
import { partitionFolder, segmentPath, segmentsIn } from './segment.ts'
import { syncFolder } from './sync-folder.ts'

/** What a new file log is. */
export interface NewFileLog {
  readonly partitions: number
  /** What its values are; archives take their columns from it. Default: not declared. */
  readonly schema?: Schema | readonly Field[]
  /** The field of the value that is the key of records appended without one. Default: none. */
  readonly keyField?: string | null
  /** A segment of that size is full. Default 64 MiB. */
  readonly segmentBytes?: number
  /** Gives the id and the creation time. Default: the machine's. */
  readonly clock?: Clock
}

const defaultSegmentBytes = 64 * 1024 * 1024

/**
 * Makes an empty log in `dir`, which is created; the log is there once `log.json` is.
 * Errors: `conflict` `log-exists`, `folder-not-empty`; `invalid` `bad-log`; `unavailable` `io`.
 */
export async function createFileLog(dir: string, options: NewFileLog): Promise<void> {
  const { clock = systemClock, partitions, schema, keyField = null } = options
  const segmentBytes = options.segmentBytes ?? defaultSegmentBytes
  checkCount(dir, 'partitions', partitions)
  checkCount(dir, 'segmentBytes', segmentBytes)
  const file: LogFile = {
    format: logFormat,
    version: 1,
    id: clock.randomId(),
    partitions,
    createdMs: clock.now(),
    schema: schema === undefined ? null : isFieldList(schema) ? schema : fieldsOf(schema),
    keyField,
    segmentBytes,
  }
  await guarded(dir, async () => {
    await mkdir(dir, { recursive: true })
    if (await exists(logFilePath(dir))) throw logExists(dir)
    await makePartitions(dir, 0, partitions)
    await putLogFile(dir, file, clock, link)
  })
}

/**
 * Adds `count` empty partitions behind the existing ones. Keys then map to other partitions than before. Open readers
 * and writers do not know the new ones. Errors: `invalid` `no-such-log`, `bad-log`; `unavailable` `io`.
 */
export async function addPartitions(dir: string, count: number, clock: Clock = systemClock): Promise<void> {
  checkCount(dir, 'count', count)
  const file = await readLogFile(dir)
  const partitions = file.partitions + count
  await guarded(dir, async () => {
    await makePartitions(dir, file.partitions, partitions)
    await putLogFile(dir, { ...file, partitions }, clock, rename)
  })
}

async function makePartitions(dir: string, from: number, to: number): Promise<void> {
  for (let partition = from; partition < to; partition++) {
    const folder = partitionFolder(dir, partition)
    await mkdir(folder, { recursive: true })
    await refuseRecords(folder)
    const handle = await open(segmentPath(folder, 0), 'a')
    await handle.sync()
    await handle.close()
    await syncFolder(folder)
  }
}

/** A folder without log.json may be left over from a creation that was killed; with records it is something else. */
async function refuseRecords(folder: string): Promise<void> {
  for (const { path } of await segmentsIn(folder)) {
    if ((await stat(path)).size === 0) continue
    const remedy = 'choose another folder, or remove this one'
    throw conflict({ code: 'folder-not-empty', thing: path, expected: 'no records of another log', remedy })
  }
}

/** `publish` is `link` where the name must be new, `rename` where it is replaced. */
async function putLogFile(dir: string, file: LogFile, clock: Clock, publish: typeof link): Promise<void> {
  const temporary = join(resolve(dir), `log.json.${clock.randomId()}.tmp`)
  try {
    await writeFile(temporary, `${JSON.stringify(file, null, 2)}\n`, { flush: true })
    await publish(temporary, logFilePath(dir))
  } catch (error) {
    throw hasErrno(error, 'EEXIST') ? logExists(dir) : error
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(dir)
}

function logExists(dir: string): HeadwaterError {
  const remedy = 'append to it, or choose another folder'
  return conflict({
    code: 'log-exists',
    thing: `file:${dir}`,
    expected: 'no log yet',
    found: 'log.json',
    remedy,
  })
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (hasErrno(error, 'ENOENT')) return false
      throw error
    },
  )
}

async function guarded(dir: string, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    throw error instanceof HeadwaterError ? error : ioFault(error, dir)
  }
}

function isFieldList(schema: Schema | readonly Field[]): schema is readonly Field[] {
  return Array.isArray(schema)
}

function checkCount(dir: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return
  throw invalid({
    code: 'bad-log',
    thing: `file:${dir}`,
    expected: `${name} of 1 or more`,
    found: String(value),
  })
}
