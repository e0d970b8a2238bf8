/** A small world for live tests: logs, their archives, savepoints and checkpoints, all in one folder that is removed. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import type { Job } from '../../src/job/job.ts'
import type { RunOptions, RunResult } from '../../src/live/live.ts'
import { emptySavepoint } from '../../src/live/empty-savepoint.ts'
import { run } from '../../src/live/run.ts'
import { fieldsOf, type Schema } from '../../src/record/record.ts'
import type { Manifest } from '../../src/savepoint/manifest.ts'
import { openManifestFile, openSavepoint } from '../../src/savepoint/open.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { valueReader } from '../../src/codec/column-reader.ts'
import { openLog } from '../../src/source/log-url.ts'
import type { Log } from '../../src/source/log.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import { archive } from '../../src/source/archive/archive.ts'
import { addPartitions, createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { trimLog } from '../../src/source/file-log/trim.ts'
import { parquet } from '../../src/source/parquet.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import { t } from '../../src/record/type.ts'

/** A record's value as JSON, in an array with its log time where that matters. */
export type Value = Readonly<Record<string, unknown>>

/** A value with its message key. */
export interface KeyedValue {
  readonly key: string
  readonly value: Value
}

/** One source's log in the world, of whatever kind. */
export interface WorldLog {
  /** A new reader. */
  open(): Log
  append(partition: number, ...values: readonly Value[]): Promise<void>
  /** Appends each to the partition of its key, by murmur2. */
  appendByKey(...records: readonly KeyedValue[]): Promise<void>
  /** Appends keyed records to a partition that need not be their keys'. */
  appendTo(partition: number, ...records: readonly KeyedValue[]): Promise<void>
  /** Archives everything below the positions, by partition. */
  archive(...before: readonly number[]): Promise<void>
  /** Deletes records below the positions. */
  trim(...before: readonly number[]): Promise<void>
  /** Adds so many partitions. */
  grow(more: number): Promise<void>
  /** Deletes it and makes an empty one of its name, with as many partitions as it began with. */
  recreate(): Promise<void>
}

/** A log that lies in files. */
export interface WorldFileLog extends WorldLog {
  readonly dir: string
}

/** Makes a file log with that many partitions below the folder. */
export async function worldLog(
  folder: string,
  name: string,
  schema: Schema,
  partitions: number,
): Promise<WorldFileLog> {
  const dir = join(folder, `log-${name}`)
  await createFileLog(dir, { partitions, schema })
  return {
    dir,
    ...reading(folder, name, schema),
    async append(partition, ...values) {
      const writer = await openFileLogWriter(dir)
      await writer.append(
        partition,
        values.map(value => ({ value, time: 0 })),
      )
      await writer.roll()
      await writer.close()
    },
    async appendTo(partition, ...records) {
      const writer = await openFileLogWriter(dir)
      await writer.append(
        partition,
        records.map(record => ({ ...record, time: 0 })),
      )
      await writer.close()
    },
    async appendByKey(...records) {
      const writer = await openFileLogWriter(dir)
      await writer.appendByKey(records.map(record => ({ ...record, time: 0 })))
      await writer.roll()
      await writer.close()
    },
    async trim(...before) {
      await trimLog(dir, { positions: positions(before) })
    },
    async grow(more) {
      await addPartitions(dir, more)
    },
    async recreate() {
      rmSync(dir, { recursive: true })
      await createFileLog(dir, { partitions, schema })
    },
  }
}

/** What logs of every kind do alike: they are opened by their address in the world, and archived through their reader. */
export function reading(folder: string, name: string, schema: Schema): Pick<WorldLog, 'open' | 'archive'> {
  const open = (): Log => openLog(addressOf(folder, name))
  return {
    open,
    async archive(...before) {
      const [log, to] = [open(), join(folder, `history-${name}`)]
      await archive({ log, to, before: { positions: positions(before) }, fields: fieldsOf(schema) })
      await log.close()
    },
  }
}

/** Where a source's log is: a folder of the world, unless the world was told otherwise. */
export function addressOf(folder: string, name: string): string {
  const told = addressFile(folder, name)
  return existsSync(told) ? readFileSync(told, 'utf8') : `file:${join(folder, `log-${name}`)}`
}

/** Tells the world where a source's log is; its child processes know then, too. */
export function setAddress(folder: string, name: string, address: string): void {
  writeFileSync(addressFile(folder, name), address)
}

const addressFile = (folder: string, name: string): string => join(folder, `log-${name}.address`)

const positions = (before: readonly number[]): ReadonlyMap<number, number> => new Map(before.entries())

/** A record of a foreign archive: one that carries positions but does not say what it covers. */
export interface ForeignRow {
  readonly partition: number
  readonly offset: number
  readonly value: Value
}

/** Writes a history with position columns, as another tool would. */
export async function foreignHistory(
  folder: string,
  name: string,
  schema: Schema,
  rows: readonly ForeignRow[],
): Promise<void> {
  const dir = join(folder, `history-${name}`)
  mkdirSync(dir, { recursive: true })
  const positions = { _partition: t.int32(), _offset: t.safeInt64() }
  const records = rows.map(({ partition, offset, value }) => ({
    ...value,
    _partition: partition,
    _offset: offset,
  }))
  await writeRows(join(dir, 'part.parquet'), fieldsOf({ ...schema, ...positions }), records)
}

/** Bootstraps from the archives of those sources into `folder/savepoint`. */
export async function bootstrapFrom<J extends Job>(
  job: J,
  folder: string,
  into: string = 'savepoint',
): Promise<Savepoint> {
  const history = Object.fromEntries(
    job.sources.map(name => [name, parquet(join(folder, `history-${name}`))]),
  )
  return bootstrap(job, { history: history as never, into: join(folder, into) })
}

/** An empty savepoint of the job in `folder/savepoint`, at the beginning of its logs. */
export async function begin<J extends Job>(job: J, folder: string): Promise<Savepoint> {
  return emptySavepoint(job, { log: logsOf(job, folder) as never, into: join(folder, 'savepoint') })
}

/** Readers of the logs of the job's sources. */
export function logsOf(job: Job, folder: string): Record<string, Log> {
  return Object.fromEntries(job.sources.map(name => [name, openLog(addressOf(folder, name))]))
}

/** Runs to the logs' ends, with sinks that write `NAME.ndjson` in the folder unless others are given. */
export async function runToEnd<J extends Job>(
  job: J,
  folder: string,
  options: Partial<RunOptions<Job>> = {},
): Promise<RunResult> {
  return run(job, {
    log: logsOf(job, folder),
    sinks: Object.fromEntries(job.sinks.map(name => [name, ndjson(join(folder, `${name}.ndjson`))])),
    checkpoints: join(folder, 'checkpoints'),
    untilEnd: true,
    ...options,
  } as RunOptions<J>)
}

/** The lines of a sink's file. */
export function lines(folder: string, sink: string): readonly unknown[] {
  const text = readFileSync(join(folder, `${sink}.ndjson`), 'utf8')
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as unknown)
}

/** All entries of a state, by key; lists as arrays. */
export async function entries(
  savepoint: Savepoint,
  uid: string,
  state: string,
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for await (const rows of scanState(savepoint, uid, state)) {
    const keys = rows.keys.map(column => valueReader(column))
    const value = valueReader(rows.value)
    for (let row = 0; row < rows.length; row++) {
      const key = keys.map(read => String(read(row))).join('/')
      if (rows.index === null) found[key] = value(row)
      else found[key] = [...((found[key] as unknown[] | undefined) ?? []), value(row)]
    }
  }
  return found
}

/** The newest manifest of the world's checkpoints. */
export async function newest(folder: string): Promise<Savepoint> {
  return openSavepoint(join(folder, 'checkpoints'))
}

/** All manifests of the world's checkpoints, the oldest first. */
export async function manifests(folder: string): Promise<readonly Manifest[]> {
  const names = readdirSync(join(folder, 'checkpoints', 'manifests')).sort()
  const opened = names.map(name => openManifestFile(join(folder, 'checkpoints', 'manifests', name)))
  return (await Promise.all(opened)).map(({ manifest }) => manifest)
}
