/** A job whose results go out by transactions, and runs of it that stop at any step, for good or until they are woken. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { HeadwaterError, unavailable } from '../../src/errors.ts'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { emptySavepoint } from '../../src/live/empty-savepoint.ts'
import type { RunOptions, RunResult } from '../../src/live/live.ts'
import { run } from '../../src/live/run.ts'
import { t } from '../../src/record/type.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { outputOf } from '../../src/savepoint/output.ts'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { source } from '../../src/source/declare.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { value } from '../../src/state/state.ts'
import { committedIn, fileTransactions, transactionalSink, type AtStep } from './file-transactions.ts'
import { entries } from './world.ts'

const schema = { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') }

/** A running total per customer, by transactions and, beside it, in parts. */
export const spending: Job = job('spending')
  .from(source('purchases', { schema, eventTime: 'at', partitionedByKey: true }))
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.float64(), 0) },
    onRecord(purchase, { total }, out) {
      total.set(total.get() + purchase.amount)
      out.emit({ customer: out.key, total: total.get() })
    },
  })
  .to('totals')
  .to('parts')

/** Steps of a run in which it can be stopped: those of its transactions, and those that a sink beside sees. */
export type RunStep = Parameters<AtStep>[0] | 'check' | 'open parts' | 'prepared' | 'published'

/** A run that was begun. */
export interface BegunRun {
  /** `ended`, or the code of its error. */
  readonly outcome: Promise<string>
}

/** Where one run stops: at the n-th step that it comes to. */
export interface Stop {
  /** Resolves when the run is there, with the step's name; or when it ended before. */
  readonly reached: Promise<string | null>
  /** Lets it go on. */
  wake(): void
  readonly at: (step: RunStep) => Promise<void>
}

/** A gate at that step: counted from 0, or the first of that name. */
export function stopAt(step: number | RunStep): Stop {
  let count = 0
  let isOver = false
  let wake = (): void => undefined
  let reach: (name: string | null) => void = () => undefined
  const woken = new Promise<void>(resolve => (wake = resolve))
  const reached = new Promise<string | null>(resolve => (reach = resolve))
  const at = async (name: RunStep): Promise<void> => {
    if (isOver || (name !== step && count++ !== step)) return
    isOver = true
    reach(name)
    await woken
  }
  return { reached, wake, at }
}

/** The answer is lost at the first such step. */
export function doubtAt(step: string): (name: string) => Promise<void> {
  return async name => {
    if (name === step) throw unavailable({ code: 'transaction-in-doubt', thing: 'the answer' })
  }
}

/** Where the totals go by transactions. */
export interface Output {
  sink(at: Stop['at']): Sink
  /** What a reader sees that is committed: JSON texts, of a customer in their order. */
  committed(): Promise<readonly string[]>
}

function fileOutput(folder: string): Output {
  const topics = join(folder, 'topics')
  return {
    sink: at => transactionalSink(fileTransactions(topics, { at })),
    committed: () => committedIn(topics),
  }
}

/** The world of one folder. */
export class TransactionsWorld {
  readonly folder: string
  readonly #partitions: number
  readonly #output: Output
  #appended = 0

  constructor(folder: string, partitions: number = 2, output: Output = fileOutput(folder)) {
    this.folder = folder
    this.#partitions = partitions
    this.#output = output
  }

  /** Where they go if not to another output. */
  get topics(): string {
    return join(this.folder, 'topics')
  }

  get checkpoints(): string {
    return join(this.folder, 'checkpoints')
  }

  async begin(): Promise<this> {
    await createFileLog(this.#log, { partitions: this.#partitions, schema })
    await emptySavepoint(spending, { log: { purchases: fileLog(this.#log) }, into: join(this.folder, 'savepoint') }) // prettier-ignore
    return this
  }

  /** So many purchases of 1 more, by turns of four customers. */
  async append(count: number): Promise<void> {
    const writer = await openFileLogWriter(this.#log)
    const records = Array.from({ length: count }, (_, i) => {
      const customer = `c${(this.#appended + i) % 4}`
      return { key: customer, value: { customer, amount: 1, at: this.#appended + i }, time: 0 }
    })
    await writer.appendByKey(records)
    await writer.close()
    this.#appended += count
  }

  /** Begins a run that goes to the logs' ends. */
  begun(at: Stop['at'] = async () => undefined, options: Partial<RunOptions<Job>> = {}): BegunRun {
    const outcome = this.run(at, options).then(
      () => 'ended',
      (error: unknown) => (error instanceof HeadwaterError ? error.code : String(error)),
    )
    return { outcome }
  }

  async run(
    at: Stop['at'] = async () => undefined,
    options: Partial<RunOptions<Job>> = {},
  ): Promise<RunResult> {
    return run(spending, {
      from: join(this.folder, 'savepoint'),
      log: { purchases: fileLog(this.#log, { pollMs: 20 }) },
      sinks: {
        totals: this.#output.sink(at),
        parts: watched(ndjsonParts(join(this.folder, 'parts')), at),
      },
      checkpoints: this.checkpoints,
      checkpointEveryMs: 0,
      maxBatchRecords: 5,
      untilEnd: true,
      ...options,
    })
  }

  /** Runs to the end as a supervisor would have it: others that are at work win now and then. */
  async runAtLast(): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      if ((await this.begun().outcome) === 'ended') return
    }
    throw new Error('no run came to its end')
  }

  /** What is out by transactions and in parts, and the state, all as they must be after all purchases. */
  async isExact(): Promise<void> {
    const state = await entries(await openSavepoint(this.checkpoints), 'spend', 'total')
    const counted = Object.fromEntries(
      [0, 1, 2, 3].map(i => [`c${i}`, Math.floor((this.#appended + 3 - i) / 4)]),
    )
    expect(state, 'state').to.deep.equal(withoutZeros(counted))
    const expected = Object.entries(withoutZeros(counted)).flatMap(([customer, total]) =>
      Array.from({ length: total }, (_, i) => JSON.stringify({ customer, total: i + 1 })),
    )
    expect(inOrder(await this.committed()), 'topic').to.deep.equal(inOrder(expected))
    expect(inOrder(await this.#parts()), 'parts').to.deep.equal(inOrder(expected))
  }

  committed(): Promise<readonly string[]> {
    return this.#output.committed()
  }

  /** Prepared manifests that are left. */
  prepared(): readonly string[] {
    const manifests = join(this.checkpoints, 'manifests')
    if (!existsSync(manifests)) return []
    return (readdirSync(manifests, { recursive: true }) as string[]).filter(name =>
      name.endsWith('.prepared'),
    )
  }

  async #parts(): Promise<readonly string[]> {
    const pieces: Uint8Array[] = []
    for await (const piece of outputOf(this.checkpoints, 'parts')) pieces.push(piece)
    return Buffer.concat(pieces).toString().split('\n').slice(0, -1)
  }

  get #log(): string {
    return join(this.folder, 'log')
  }
}

/** Sorted by customer; of one customer the order stays, which is that of its totals. */
function inOrder(lines: readonly string[]): readonly string[] {
  const customer = (line: string): string => (JSON.parse(line) as { readonly customer: string }).customer
  return lines.toSorted((a, b) => customer(a).localeCompare(customer(b)))
}

function withoutZeros(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

/** The sink, with the steps of the run that it sees. */
function watched(sink: Sink, at: Stop['at']): Sink {
  return {
    ...sink,
    check: async (state, run) => {
      await at('check')
      await sink.check?.(state, run)
    },
    open: async (state, fields, run) => {
      await at('open parts')
      const opened = await sink.open(state, fields, run)
      return {
        write: records => opened.write(records),
        prepare: async last => {
          const prepared = await opened.prepare(last)
          await at('prepared')
          return prepared
        },
        committed: async () => {
          await at('published')
          await opened.committed()
        },
        close: () => opened.close(),
      }
    },
  }
}
