/** A log that is read by its key and grows: customers' purchases, a job that counts them by hand, runs of one and of several tasks. */
import { join } from 'node:path'
import { partitionOfKey } from '../../src/codec/partition-of-key.ts'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { emptySavepoint } from '../../src/live/empty-savepoint.ts'
import type { RunOptions, RunResult } from '../../src/live/live.ts'
import { run } from '../../src/live/run.ts'
import { t } from '../../src/record/type.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { callback } from '../../src/sink/callback.ts'
import { source } from '../../src/source/declare.ts'
import { addPartitions, createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { list, value } from '../../src/state/state.ts'
import { entries } from './world.ts'

const schema = { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') }

/** What each customer bought, and how often the clock of a customer went back. */
export const spending = job('spending')
  .from(source('purchases', { schema, eventTime: 'at', partitionedByKey: true }))
  .keyBy('customer')
  .apply('spend', {
    state: { bought: list(t.float64()), clock: value(t.float64(), -Infinity), back: value(t.int32(), 0) },
    onRecord({ amount }, { bought, clock, back }, out) {
      bought.add(amount)
      if (out.watermark < clock.get()) back.set(back.get() + 1)
      clock.set(out.watermark)
      out.emit({ customer: out.key, amount })
    },
  })
  .to('seen') as unknown as Job

/** The n-th of all purchases. */
export interface Purchase {
  readonly customer: string
  readonly amount: number
  readonly at: number
}

/** One that was appended. */
export interface Written extends Purchase {
  readonly partition: number
}

/** The world. */
export interface GrowthWorld {
  readonly checkpoints: string
  readonly log: string
  readonly savepoint: string
  partitions: number
  /** All that was appended. */
  readonly written: Written[]
  /** Appends, each to its key's partition, or all to one. */
  append(purchases: readonly Purchase[], partition?: number): Promise<void>
  grow(by: number): Promise<void>
  /** Runs `count` tasks (1: one run of all); when one fails, `stop` stops the others, and it rejects when all have ended. */
  all(
    count: number,
    options?: Partial<RunOptions<Job>>,
    stop?: AbortController,
  ): Promise<readonly RunResult[]>
  /** What each customer bought by the newest manifests, sorted. */
  bought(): Promise<Record<string, unknown>>
  /** The customers whose clock went back. */
  wentBack(): Promise<readonly string[]>
}

/** Makes one in a folder. */
export async function growthWorld(folder: string, partitions: number): Promise<GrowthWorld> {
  const log = join(folder, 'log')
  const checkpoints = join(folder, 'checkpoints')
  const savepoint = join(folder, 'savepoint')
  await createFileLog(log, { partitions, schema })
  await emptySavepoint(spending, { log: { purchases: fileLog(log) }, into: savepoint })
  const world: GrowthWorld = {
    checkpoints,
    log,
    savepoint,
    partitions,
    written: [],
    async append(purchases, partition) {
      const writer = await openFileLogWriter(log)
      const records = purchases.map(each => ({ key: each.customer, value: each, time: 0 }))
      await (partition === undefined ? writer.appendByKey(records) : writer.append(partition, records))
      await writer.close()
      for (const each of purchases)
        world.written.push({
          ...each,
          partition: partition ?? partitionOfKey(each.customer, world.partitions),
        })
    },
    async grow(by) {
      await addPartitions(log, by)
      world.partitions += by
    },
    async all(count, options = {}, stop = undefined) {
      const runs = Array.from({ length: count }, (_, index) =>
        run(spending, {
          from: savepoint,
          log: { purchases: fileLog(log, { pollMs: 20 }) },
          sinks: { seen: callback(() => undefined) },
          checkpoints,
          untilEnd: true,
          maxBatchRecords: 4,
          ...(count > 1 && { task: { index, count } }),
          ...options,
        }).catch((error: unknown) => {
          stop?.abort()
          throw error
        }),
      )
      const ended = await Promise.allSettled(runs)
      const failed = ended.find(each => each.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return ended.map(each => (each as PromiseFulfilledResult<RunResult>).value)
    },
    async bought() {
      const found = await entries(await openSavepoint(checkpoints), 'spend', 'bought')
      return Object.fromEntries(
        Object.entries(found).map(([key, amounts]) => [
          key,
          [...(amounts as number[])].sort((a, b) => a - b),
        ]),
      )
    },
    async wentBack() {
      const found = await entries(await openSavepoint(checkpoints), 'spend', 'back')
      return Object.entries(found).flatMap(([key, times]) => (times === 0 ? [] : [key]))
    },
  }
  return world
}

/** By hand: what each customer bought, sorted. */
export function recount(purchases: readonly Purchase[]): Record<string, number[]> {
  const all: Record<string, number[]> = {}
  for (const { customer, amount } of purchases) (all[customer] ??= []).push(amount)
  for (const amounts of Object.values(all)) amounts.sort((a, b) => a - b)
  return all
}
