/**
 * A job that several processes share, in a folder: `keyed.ts` (the README's job, of a source that is partitioned by its key), a
 * log of whatever kind with 200 purchases in both of its partitions, and `savepoint`, the history of the first 100.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { partitionOfKey } from '../../src/codec/partition-of-key.ts'
import { loadJob } from '../../src/job/load.ts'
import { t } from '../../src/record/type.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { outputOf } from '../../src/savepoint/output.ts'
import { parquet } from '../../src/source/parquet.ts'
import type { LogKind } from '../failures/log-kind.ts'
import { addressOf, entries, type KeyedValue, type WorldLog } from '../live/world.ts'
import { startHeadwater, succeeds, type Running } from './headwater.ts'
import { file, purchases, retailJob, spent } from './sample.ts'

/** In both partitions. */
export const names = ['ann', 'gus', 'dee', 'ida']

const schema = { customer: t.string(), quantity: t.int32(), price: t.float64(), at: t.timestamp('ms') }

/** What each customer has spent after so many purchases, by hand. */
export const expected = (count: number): Record<string, number> =>
  Object.fromEntries(names.map(customer => [customer, spent(customer, count, names)]))

/** Makes one in an empty folder. */
export async function taskWorld(logs: LogKind, cwd: string): Promise<TaskWorld> {
  const jobFile = readFileSync(retailJob, 'utf8').replace(
    "eventTime: 'at',",
    "eventTime: 'at', partitionedByKey: true,",
  )
  const path = file(cwd, 'keyed.ts', jobFile)
  const log = await logs.worldLog(cwd, 'purchases', schema, 2)
  const world = new TaskWorld(cwd, log)
  await world.append(0, 100)
  await log.archive(...(await endsOf(log)))
  await world.append(100, 200)
  const history = { purchases: parquet(join(cwd, 'history-purchases')) }
  await bootstrap((await loadJob(path)).job, { history, into: join(cwd, 'savepoint') })
  return world
}

/** Purchases with their message keys. */
function keyed(from: number, end: number): readonly KeyedValue[] {
  return purchases(from, end, names)
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as { customer: string })
    .map(value => ({ key: value.customer, value }))
}

async function endsOf(log: WorldLog): Promise<readonly number[]> {
  const reader = log.open()
  const { partitions } = await reader.describe()
  await reader.close()
  return partitions.map(({ latest }) => latest)
}

/** The folder, and what is asked of it. */
export class TaskWorld {
  readonly cwd: string
  /** `headwater run …`, without a task. */
  readonly line: readonly string[]
  readonly log: WorldLog

  constructor(cwd: string, log: WorldLog) {
    this.cwd = cwd
    this.log = log
    const logged = `purchases=${addressOf(cwd, 'purchases')}`
    const places = ['--from', 'savepoint', '--log', logged, '--checkpoints', 'checkpoints']
    this.line = ['run', 'keyed.ts', ...places, '--sink', 'totals=ndjson:out/']
  }

  /** Starts one task; alone where `count` is 1. */
  start(index: number, count: number, ...more: readonly string[]): Running {
    const task = count === 1 ? [] : ['--task', `${index}/${count}`]
    return startHeadwater([...this.line, ...task, '--json', ...more], { cwd: this.cwd })
  }

  /** Runs one task to the end of its partitions. */
  async toEnd(index: number = 0, count: number = 1): Promise<void> {
    const task = count === 1 ? [] : ['--task', `${index}/${count}`]
    await succeeds([...this.line, ...task, '--until-end'], { cwd: this.cwd })
  }

  async append(from: number, end: number): Promise<void> {
    await this.log.appendByKey(...keyed(from, end))
  }

  /** By a producer that knows of so many partitions; Kafka's may take minutes to hear of others. */
  async appendAmong(count: number, from: number, end: number): Promise<void> {
    for (const record of keyed(from, end)) await this.log.appendTo(partitionOfKey(record.key, count), record)
  }

  /** Waits until the runs have put out so many results together, counted by a checkpoint or not. */
  async emitted(count: number, ...runs: readonly Running[]): Promise<void> {
    while (this.#lines(this.#files()).length < count) {
      const dead = runs.find(({ child }) => child.exitCode !== null)
      if (dead !== undefined) throw new Error(`ended: ${(await dead.ended).stderr}`)
      await systemClock.sleep(10)
    }
  }

  async totals(path: string): Promise<Record<string, unknown>> {
    return entries(await openSavepoint(join(this.cwd, path)), 'spend-per-customer', 'total')
  }

  /** How many results count, and the last of each customer. */
  async results(): Promise<{ readonly count: number; readonly last: object }> {
    const pieces: Uint8Array[] = []
    for await (const piece of outputOf(join(this.cwd, 'checkpoints'))) pieces.push(piece)
    const rows = Buffer.concat(pieces)
      .toString()
      .split('\n')
      .slice(0, -1)
      .map(each => JSON.parse(each) as { readonly customer: string; readonly total: number })
    return {
      count: rows.length,
      last: Object.fromEntries(rows.map(({ customer, total }) => [customer, total])),
    }
  }

  /** What `cat DIR/*.ndjson` prints. */
  cat(): readonly string[] {
    const finished = this.#files().filter(name => !name.startsWith('.'))
    return this.#lines(finished.toSorted())
  }

  #files(): readonly string[] {
    const out = join(this.cwd, 'out')
    return existsSync(out) ? readdirSync(out) : []
  }

  #lines(files: readonly string[]): readonly string[] {
    return files.flatMap(name =>
      readFileSync(join(this.cwd, 'out', name), 'utf8')
        .split('\n')
        .slice(0, -1),
    )
  }
}
