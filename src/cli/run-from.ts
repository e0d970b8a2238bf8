/** A run as the words of a command line ask for it, in the main thread or in a worker's. */
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { RunProgress, RunResult } from '../live/live.ts'
import type { TaskOption } from '../live/tasks.ts'
import type { TransactionDeclaration } from '../sink/transaction.ts'
import type { Arguments } from './arguments.ts'
import { durationOption } from './duration.ts'
import { emitState } from './emit-state-option.ts'
import { cutTimes, handoffFlags } from './handoff-options.ts'
import { openLogOptions, type Waiting } from './log-options.ts'
import { addressByName } from './named.ts'
import { wholeNumberOption } from './whole-number.ts'

/** Who listens to a run. */
export interface RunHooks {
  /** Stops it cleanly. */
  readonly signal: AbortSignal
  /** Who waits for topics that do not answer. Default: nobody is told, and nobody gives up early. */
  readonly waiting?: Waiting
  /** Nobody reads what it prints any more. */
  readonly onBrokenPipe: () => void
  /** Told the plan, and its lines for people. */
  readonly onPlan: (plan: HandoffPlan, lines: readonly string[]) => void
  readonly onProgress: (progress: RunProgress) => void
  readonly progressEveryMs: number
  /** Where the sink `stdout` prints. Default: the process's own. */
  readonly stdout?: NodeJS.WritableStream
}

/** Whether a sink of the run prints where results would go. */
export function printsResults(args: Arguments): boolean {
  return args.list('sink').some(text => text === 'stdout' || text.endsWith('=stdout'))
}

/** What the exactly-once sinks of a run write by; undefined where it has none. */
export async function sharedTransactions(args: Arguments): Promise<TransactionDeclaration | undefined> {
  const { openSink } = await import('../sink/sink-url.ts')
  const addresses = args.list('sink').map(text => text.replace(/^[A-Za-z0-9_][A-Za-z0-9_.-]*=/, ''))
  return addresses
    .map(address => openSink(address, openLogOptions(args)).transactions)
    .find(each => each !== undefined)
}

/** `--task 0/3`: task 0 of 3. Undefined when it was not given. */
export function taskOption(args: Arguments): TaskOption | undefined {
  const text = args.text('task')
  if (text === null) return undefined
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []
  if (count !== undefined && Number(index) < Number(count))
    return { index: Number(index), count: Number(count) }
  throw args.wrong('--task', 'the number of the task, from 0, of how many: 0/3', `'${text}'`)
}

/** Runs it to its end. Errors: wrong words; those of the job's file and of `run`. */
export async function runFrom(
  args: Arguments,
  hooks: RunHooks,
  task: TaskOption | undefined = taskOption(args),
): Promise<RunResult> {
  const checkpoints = args.requiredText('checkpoints')
  const from = args.text('from') ?? undefined
  const checkpointEveryMs = durationOption(args, 'checkpoint-every')
  const keep = wholeNumberOption(args, 'keep', 1)
  const keepForMs = durationOption(args, 'keep-for')
  const flags = handoffFlags(args)
  const logSettings = openLogOptions(args, hooks.waiting)
  args.requiredList('log')

  const { loadJob } = await import('../job/load.ts')
  const { job } = await loadJob(args.word('JOB'))
  const logs = addressByName(args, { option: 'log', what: 'source', names: job.sources })
  const sinks = addressByName(args, { option: 'sink', what: 'sink', names: job.sinks })

  const [{ run }, { openLog }, { openSink }, { planTable }] = await Promise.all([
    import('../live/run.ts'),
    import('../source/log-url.ts'),
    import('../sink/sink-url.ts'),
    import('../handoff/plan-table.ts'),
  ])
  const { signal, onBrokenPipe, onPlan, onProgress, progressEveryMs, stdout } = hooks
  const printing = { onBrokenPipe, ...(stdout && { stream: stdout }) }
  return run(job, {
    ...flags,
    cutTimes: cutTimes(args, job.sources),
    emitState: emitState(args, job.sinks),
    from,
    log: mapped(logs, address => openLog(address, logSettings)),
    sinks: mapped(sinks, address => openSink(address, { ...logSettings, ...printing })),
    checkpoints,
    checkpointEveryMs,
    keep,
    keepForMs,
    untilEnd: args.flag('until-end'),
    task,
    signal,
    onPlan: plan => onPlan(plan, planTable(plan)),
    progressEveryMs,
    onProgress,
  })
}

function mapped<T>(
  addresses: ReadonlyMap<string, string>,
  open: (address: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries([...addresses].map(([name, address]) => [name, open(address)]))
}
