/** A small job of several tasks on a log of 24 purchases, and what it must come to: the world of the sweep over tasks. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { emptySavepoint } from '../../src/live/empty-savepoint.ts'
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
import { value } from '../../src/state/state.ts'
import { entries } from '../../test/live/world.ts'

const schema = { customer: t.string(), amount: t.int32() }

const spending = job('spending')
  .from(source('purchases', { schema, partitionedByKey: true }))
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.int32(), 0) },
    onRecord({ amount }, { total }, out) {
      total.set(total.get() + amount)
      out.emit({ customer: out.key, total: total.get() })
    },
  })
  .to('totals') as unknown as Job

const customers = 7
const customerOf = (n: number): string => `c${n % customers}`

/** The folder of the world: the log and the savepoint lie beside what is watched. */
export class TaskSweepWorld {
  /** Watched: `runs/store`, and `out`. */
  readonly watched: string
  readonly #log: string
  readonly #savepoint: string

  constructor(folder: string) {
    this.watched = join(folder, 'watched')
    this.#log = join(folder, 'log')
    this.#savepoint = join(folder, 'savepoint')
  }

  get runs(): string {
    return join(this.watched, 'runs')
  }

  get store(): string {
    return join(this.runs, 'store')
  }

  async begin(): Promise<void> {
    await createFileLog(this.#log, { partitions: 3, schema })
    const log = { purchases: fileLog(this.#log) }
    await emptySavepoint(spending, { log, into: this.#savepoint })
  }

  /** Purchases `from` to `end`, exclusive. */
  async append(from: number, end: number): Promise<void> {
    const writer = await openFileLogWriter(this.#log)
    const numbers = Array.from({ length: end - from }, (_, i) => from + i)
    await writer.appendByKey(
      numbers.map(n => ({ key: customerOf(n), value: { customer: customerOf(n), amount: n }, time: 0 })),
    )
    await writer.close()
  }

  /** Runs all tasks to the end, one after the other, so that calls come in the same order each time. */
  async run(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await run(spending, {
        from: this.#savepoint,
        log: { purchases: fileLog(this.#log) },
        sinks: { totals: ndjsonParts(join(this.watched, 'out'), { rollBytes: 60 }) },
        checkpoints: this.store,
        untilEnd: true,
        maxBatchRecords: 3,
        checkpointEveryMs: 0,
        keep: 2,
        keepForMs: 0,
        ...(count > 1 && { task: { index, count } }),
      })
    }
  }

  /** What is wrong with the store and the output as they are found; null when they are of one instant, and sound. */
  async disorder(): Promise<string | null> {
    const savepoint = await openSavepoint(this.store)
    const { findings } = await verifySavepoint(this.store)
    const error = findings.find(({ level }) => level === 'error')
    if (error !== undefined) return `${error.where}: ${error.what}`
    const totals = await entries(savepoint, 'spend', 'total')
    const pieces: Uint8Array[] = []
    for await (const piece of outputOf(this.store)) pieces.push(piece)
    const emitted = emissionsIn(Buffer.concat(pieces).toString())
    for (const [customer, sums] of Object.entries(emitted)) {
      const expected = sumsOf(customer, sums.length)
      if (String(sums) !== String(expected)) return `${customer}: ${String(sums)}, not ${String(expected)}`
    }
    const last = Object.fromEntries(
      Object.entries(emitted).map(([customer, sums]) => [customer, sums.at(-1)]),
    )
    return sameNumbers(totals, last)
      ? null
      : `totals ${JSON.stringify(totals)}, last put out ${JSON.stringify(last)}`
  }

  /** What is missing, or there twice, once all of `count` purchases are read; null when nothing is. */
  async incomplete(count: number): Promise<string | null> {
    const expected: Record<string, number> = {}
    for (let n = 0; n < count; n++) expected[customerOf(n)] = (expected[customerOf(n)] ?? 0) + n
    const totals = await entries(await openSavepoint(this.store), 'spend', 'total')
    if (!sameNumbers(totals, expected))
      return `totals ${JSON.stringify(totals)}, not ${JSON.stringify(expected)}`
    const out = join(this.watched, 'out')
    const names = (await readdir(out)).sort()
    const hidden = names.filter(name => name.startsWith('.'))
    if (hidden.length > 0) return `left ${hidden.join(', ')}`
    const texts = await Promise.all(names.map(async name => readFile(join(out, name), 'utf8')))
    const lines = texts.join('').split('\n').length - 1
    return lines === count ? null : `${lines} results in finished parts, not ${count}`
  }
}

function emissionsIn(text: string): Readonly<Record<string, number[]>> {
  const all: Record<string, number[]> = {}
  for (const line of text.split('\n').slice(0, -1)) {
    const { customer, total } = JSON.parse(line) as { readonly customer: string; readonly total: number }
    ;(all[customer] ??= []).push(total)
  }
  return all
}

/** The first results of a customer, by hand. */
function sumsOf(customer: string, count: number): readonly number[] {
  let sum = 0
  return Array.from({ length: count }, (_, i) => (sum += Number(customer.slice(1)) + i * customers))
}

function sameNumbers(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): boolean {
  const text = (each: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
  return text(found) === text(expected)
}
