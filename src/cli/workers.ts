/**
 * `run --workers N`: the tasks of one generation as threads of this process. They know of each other as little as processes
 * do; only the end is common: a stop stops all, and then all is folded into one savepoint, as a run of one task leaves it.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { HeadwaterError, type ErrorKind } from '../errors.ts'
import type { RunProgress } from '../live/live.ts'
import type { Arguments } from './arguments.ts'
import { printLines, resultData, resultLines, RunReport, tellPlan } from './run-progress.ts'
import { sharedTransactions } from './run-from.ts'
import type { Session } from './session.ts'
import type { FromWorker, ToWorker, WorkerFailure, WorkerTask } from './worker-messages.ts'
import { printFor } from './worker-output.ts'

type Ended = Extract<FromWorker, { kind: 'ended' }>

/** Runs them to their end. Errors: the first of any task, after the others have stopped with their last checkpoints. */
export async function runWorkers(args: Arguments, session: Session, count: number): Promise<void> {
  const signal = session.stopSignal()
  const report = new RunReport(args.flag('until-end'))
  const progress = new Map<number, RunProgress>()
  const everyMs = session.screen.mode === 'terminal' ? 500 : 2000
  const show = (): void => session.progress.show(report.progress(sumOf([...progress.values()])))
  const stopAll = new AbortController()
  const stopped = AbortSignal.any([signal, stopAll.signal])
  const tasks = Array.from({ length: count }, async (_, index) => {
    const task: WorkerTask = { ...args.given, task: { index, count }, progressEveryMs: everyMs }
    const onMessage = (message: FromWorker): void => {
      // All of them see the same plan: it is of the whole job.
      if (message.kind === 'plan' && index === 0) {
        report.plan(message.plan)
        tellPlan(session, message.plan, message.lines)
      }
      if (message.kind === 'broken pipe') session.stop()
      if (message.kind !== 'progress') return
      progress.set(index, message.progress)
      show()
    }
    try {
      return await runWorker(task, stopped, onMessage)
    } catch (error) {
      stopAll.abort()
      throw error
    }
  })
  const results = await Promise.allSettled(tasks)
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const ended = results.map(result => (result as PromiseFulfilledResult<Ended>).value)
  const sum = sumOf(ended.map(each => each.progress))
  session.progress.show(report.progress(sum))
  session.progress.end()
  const { compact } = await import('../savepoint/compact.ts')
  const transactions = await sharedTransactions(args)
  const { savepoint } = await compact(args.requiredText('checkpoints'), { transactions })
  const reason = ended.every(each => each.reason === 'end') ? 'end' : 'stopped'
  const result = { reason, savepoint, progress: sum } as const
  await printLines(session, args, resultLines(result), resultData(result))
}

/** Batches live until they are applied: with V8's 48 MB they are copied often, which takes a tenth of a run's time. */
const youngGenerationMb = 192

async function runWorker(
  task: WorkerTask,
  stopped: AbortSignal,
  onMessage: (message: FromWorker) => void,
): Promise<Ended> {
  const worker = new Worker(workerUrl(), {
    workerData: task,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
  })
  const tell = (message: ToWorker): void => worker.postMessage(message)
  const stop = (): void => tell({ kind: 'stop' })
  let last: FromWorker | null = null
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'print') return printFor(message.text, process.stdout, tell)
    last = message
    onMessage(message)
  })
  stopped.addEventListener('abort', stop)
  if (stopped.aborted) stop()
  try {
    await once(worker, 'exit')
  } finally {
    stopped.removeEventListener('abort', stop)
  }
  return outcomeOf(last)
}

function outcomeOf(last: FromWorker | null): Ended {
  if (last?.kind === 'ended') return last
  if (last?.kind === 'failed') throw errorOf(last.failure)
  throw new Error('a worker ended without a result')
}

/** The error as the worker had it. */
function errorOf({ parts, message, stack }: WorkerFailure): Error {
  if (parts === null) return Object.assign(new Error(message), { stack: stack ?? message })
  const { kind = 'internal', code = 'unknown', thing = message, expected, found, remedy } = parts
  const known = { ...(expected && { expected }), ...(found && { found }), ...(remedy && { remedy }) }
  const error = new HeadwaterError(kind as ErrorKind, { code, thing, ...known })
  if (stack !== undefined) error.stack = stack
  return error
}

/** All tasks together. */
function sumOf(all: readonly RunProgress[]): RunProgress {
  const sum = (count: (progress: RunProgress) => number): number =>
    all.reduce((total, each) => total + count(each), 0)
  const names = [...new Set(all.flatMap(({ sources }) => sources.map(({ source }) => source)))]
  return {
    elapsedMs: Math.max(0, ...all.map(({ elapsedMs }) => elapsedMs)),
    records: sum(({ records }) => records),
    emitted: sum(({ emitted }) => emitted),
    late: sum(({ late }) => late),
    bad: sum(({ bad }) => bad),
    residentKeys: sum(({ residentKeys }) => residentKeys),
    checkpoint: Math.max(0, ...all.map(({ checkpoint }) => checkpoint)),
    sources: names.map(source => {
      const parts = all.flatMap(({ sources }) => sources.filter(each => each.source === source))
      const add = (count: (part: (typeof parts)[number]) => number): number =>
        parts.reduce((total, each) => total + count(each), 0)
      return {
        source,
        records: add(({ records }) => records),
        late: add(({ late }) => late),
        bad: add(({ bad }) => bad),
        partitions: parts.flatMap(({ partitions }) => partitions).sort((a, b) => a.partition - b.partition),
      }
    }),
    warnings: all.flatMap(({ warnings }) => warnings),
  }
}

/** Beside the chunk that this ended up in; in the sources a file that needs a TypeScript loader in workers. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./task-worker.${extension}`, import.meta.url)
}
