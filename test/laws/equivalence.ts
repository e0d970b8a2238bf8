/**
 * L10 for one job, one log and one cut: history-then-live against live alone. Every emission names the record that caused
 * it (field `cause`) and the key that it is of (field `of`), so that those after the cut can be told apart.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import type { Job } from '../../src/job/job.ts'
import type { RunResult } from '../../src/live/live.ts'
import { run } from '../../src/live/run.ts'
import type { AnyRecord } from '../../src/record/record.ts'
import { callback } from '../../src/sink/callback.ts'
import type { History } from '../../src/source/history.ts'
import { memoryHistory } from './memory-history.ts'
import { isBelow, type Cut } from './schedules.ts'
import type { Log } from '../../src/source/log.ts'
import { scriptedLogs, type Scripted } from './scripted-log.ts'

/** What the law compares. */
export interface Outcome {
  readonly stateDigest: string | null
  /** By sink and key: what was emitted because of records after the cut, in order. */
  readonly emissions: Readonly<Record<string, readonly AnyRecord[]>>
  /** Records that were late, and that could not be used. */
  readonly counts: Readonly<Record<string, readonly number[]>>
}

/** How live runs go: what no outcome may depend on. */
export interface LiveWays {
  readonly partitions: number
  readonly batchRecords: number
  readonly maxResidentKeys: number
  readonly checkpointEveryMs: number
  /** How many records after the cut the run is stopped and started again, each time. */
  readonly stops: readonly number[]
}

/** Makes the history of a source, in a folder if it needs one. */
export type HistoryOf = (records: readonly Scripted[], folder: string, source: string) => Promise<History>

/** Makes logs of the sources that give the first records of a schedule, in its order. */
export type LogsOf = (
  sources: readonly string[],
  schedule: readonly Scripted[],
  ways: LiveWays,
) => Readonly<Record<string, Log>>

/** Logs in memory. */
const inMemory: LogsOf = (sources, schedule, { partitions, batchRecords }) =>
  scriptedLogs(sources, partitions, schedule, batchRecords)

/** The history below the cut, then live what the schedule has above it. */
export async function historyThenLive(
  job: Job,
  schedule: readonly Scripted[],
  cut: Cut,
  ways: LiveWays,
  historyOf: HistoryOf = async records => memoryHistory(records),
  logsOf: LogsOf = inMemory,
): Promise<Outcome> {
  return inFolder(async folder => {
    const below = schedule.filter(record => isBelow(record, cut))
    await bootstrapInto(job, folder, source =>
      historyOf(
        below.filter(record => record.source === source),
        folder,
        source,
      ),
    )
    return live(job, folder, schedule, cut, ways, logsOf)
  })
}

/** No history: everything live, in the order of the schedule. */
export async function liveAlone(
  job: Job,
  schedule: readonly Scripted[],
  cut: Cut,
  ways: LiveWays,
  logsOf: LogsOf = inMemory,
): Promise<Outcome> {
  return inFolder(async folder => {
    await bootstrapInto(job, folder, async () => memoryHistory([]))
    return live(job, folder, schedule, cut, ways, logsOf)
  })
}

async function bootstrapInto(
  job: Job,
  folder: string,
  historyOf: (source: string) => Promise<History>,
): Promise<void> {
  const histories = await Promise.all(
    job.sources.map(async source => [source, await historyOf(source)] as const),
  )
  await bootstrap(job, { history: Object.fromEntries(histories), into: join(folder, 'savepoint') })
}

async function live(
  job: Job,
  folder: string,
  schedule: readonly Scripted[],
  cut: Cut,
  ways: LiveWays,
  logsOf: LogsOf,
): Promise<Outcome> {
  const { stops, maxResidentKeys, checkpointEveryMs } = ways
  const above = new Set(schedule.filter(record => !isBelow(record, cut)).map(({ value }) => value['id']))
  const emissions: Record<string, AnyRecord[]> = {}
  const take = (sink: string) => (records: readonly AnyRecord[]) => {
    for (const record of records.filter(({ cause }) => above.has(cause))) {
      ;(emissions[`${sink} ${String(record['of'])}`] ??= []).push(record)
    }
  }
  const runUntil = (end: number): Promise<RunResult> =>
    run(job, {
      from: join(folder, 'savepoint'),
      log: logsOf(job.sources, schedule.slice(0, end), ways),
      sinks: Object.fromEntries(job.sinks.map(sink => [sink, callback(take(sink))])),
      checkpoints: join(folder, 'checkpoints'),
      untilEnd: true,
      maxResidentKeys,
      checkpointEveryMs,
    })
  const history = schedule.length - above.size
  for (const stop of stops) await runUntil(history + stop)
  const { savepoint } = await runUntil(schedule.length)
  const { stateDigest, counts } = savepoint.manifest
  const counted = counts.sources.map(({ name, rows, late, bad }) => [name, [rows, late, bad]] as const)
  return { stateDigest, emissions, counts: Object.fromEntries(counted) }
}

/** In memory where there is such a place: thousands of files are synced. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(root, 'headwater-law-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
