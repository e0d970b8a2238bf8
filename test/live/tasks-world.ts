/** Purchases that several tasks read together, each in its partitions, and by hand what must come of them. */
import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { emptySavepoint } from '../../src/live/empty-savepoint.ts'
import type { RunOptions, RunResult } from '../../src/live/live.ts'
import { run } from '../../src/live/run.ts'
import { t } from '../../src/record/type.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { outputOf } from '../../src/savepoint/output.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import { source } from '../../src/source/declare.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { list, value } from '../../src/state/state.ts'
import { tempFolders } from '../temp-folder.ts'
import { entries } from './world.ts'

export const schema = { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') }

/** A job that sums up what each customer spends, with other options of its source. */
export function spending(options: Partial<Parameters<typeof source>[1]> = {}): Job {
  const purchases = source('purchases', {
    schema,
    eventTime: 'at',
    partitionedByKey: true,
    ...(options as object),
  })
  return job('retail')
    .from(purchases)
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0), seen: list(t.float64()) },
      onRecord(purchase, { total, seen }, out) {
        total.set(total.get() + purchase.amount)
        seen.add(purchase.amount)
        out.emit({ customer: out.key, total: total.get() })
      },
    })
    .to('totals')
}

const retail = spending()
const partitions = 4

/** Records, a job over them, and where its tasks go on. */
export interface World {
  readonly folder: string
  readonly checkpoints: string
  /** Purchases `from` to `end` (exclusive) of 20 customers, each in its partition. */
  append(from: number, end: number): Promise<void>
  run(task: RunOptions<Job>['task'], options?: Partial<RunOptions<Job>>): Promise<RunResult>
  all(count: number, options?: Partial<RunOptions<Job>>): Promise<readonly RunResult[]>
}

/** Makes worlds, whose folders go when the test is over. To be called in a `describe`. */
export function taskWorlds(): (of?: Job) => Promise<World> {
  const folders = tempFolders()
  return async (of = retail): Promise<World> => {
    const folder = folders()
    const dir = join(folder, 'log')
    await createFileLog(dir, { partitions, schema })
    await emptySavepoint(of, { log: { purchases: fileLog(dir) }, into: join(folder, 'savepoint') })
    const checkpoints = join(folder, 'checkpoints')
    const runTask: World['run'] = (task, options = {}) =>
      run(of, {
        from: join(folder, 'savepoint'),
        log: { purchases: fileLog(dir, { pollMs: 20 }) },
        sinks: { totals: ndjsonParts(join(folder, 'out')) },
        checkpoints,
        untilEnd: true,
        maxBatchRecords: 5,
        task,
        ...options,
      })
    return {
      folder,
      checkpoints,
      append: async (from, end) => {
        const writer = await openFileLogWriter(dir)
        const records = Array.from({ length: end - from }, (_, i) => purchase(from + i))
        await writer.appendByKey(records)
        await writer.close()
      },
      run: runTask,
      all: (count, options) =>
        Promise.all(Array.from({ length: count }, (_, index) => runTask({ index, count }, options))),
    }
  }
}

const customerOf = (n: number): string => `customer-${n % 20}`

/** The record of purchase `n`. */
export function purchase(n: number): { readonly key: string; readonly value: object; readonly time: number } {
  return { key: customerOf(n), value: { customer: customerOf(n), amount: n, at: 1000 * n }, time: 0 }
}

/** By hand: what each customer has spent after the first `count` purchases. */
export function totals(count: number): Record<string, number> {
  const sums: Record<string, number> = {}
  for (let n = 0; n < count; n++) sums[customerOf(n)] = (sums[customerOf(n)] ?? 0) + n
  return sums
}

/** Each customer's results in their order, by hand. */
export function emissions(count: number): Record<string, number[]> {
  const all: Record<string, number[]> = {}
  for (let n = 0; n < count; n++) {
    const before = all[customerOf(n)]?.at(-1) ?? 0
    ;(all[customerOf(n)] ??= []).push(before + n)
  }
  return all
}

/** Results by customer, of a text of them. */
export function emitted(text: string): Record<string, number[]> {
  const all: Record<string, number[]> = {}
  for (const line of text.split('\n').slice(0, -1)) {
    const { customer, total } = JSON.parse(line) as { readonly customer: string; readonly total: number }
    ;(all[customer] ??= []).push(total)
  }
  return all
}

/** The output that the newest checkpoint counts. */
export async function output(checkpoints: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of outputOf(checkpoints)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** What `cat out/*` prints. */
const cat = (folder: string): string =>
  readdirSync(join(folder, 'out'))
    .filter(name => !name.startsWith('.'))
    .sort()
    .map(name => readFileSync(join(folder, 'out', name), 'utf8'))
    .join('')

/** Everything is as one task would have it. */
export async function isExact({ folder, checkpoints }: World, count: number): Promise<void> {
  const savepoint = await openSavepoint(checkpoints)
  expect(await entries(savepoint, 'spend', 'total')).to.deep.equal(totals(count))
  expect(emitted(await output(checkpoints))).to.deep.equal(emissions(count))
  expect(emitted(cat(folder))).to.deep.equal(emissions(count))
  const { findings, sound } = await verifySavepoint(checkpoints)
  expect(findings).to.deep.equal([])
  expect(sound).to.equal(true)
}
