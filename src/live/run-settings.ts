/** The options of a run, checked before anything is opened. */
import { systemClock, type Clock } from '../clock.ts'
import { invalid } from '../errors.ts'
import type { HandoffFlags } from '../handoff/handoff.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Job } from '../job/job.ts'
import { refuseUnknownOptions } from '../record/options.ts'
import type { Sink } from '../sink/sink.ts'
import type { Log } from '../source/log.ts'
import { checkRetention, defaultRetention, type RetentionPolicy } from '../savepoint/retention.ts'
import { checkedTask, type TaskOption } from './tasks.ts'
import { runTransactions, type RunTransactions } from './transactions.ts'
import { runDefaults, type RunOptions, type RunProgress } from './live.ts'

/** A run's options with their defaults. */
export interface RunSettings {
  readonly from: string | undefined
  readonly logs: ReadonlyMap<string, Log>
  readonly sinks: ReadonlyMap<string, Sink>
  readonly checkpoints: string
  readonly checkpointEveryMs: number
  readonly progressEveryMs: number
  readonly onProgress: ((progress: RunProgress) => void) | null
  readonly untilEnd: boolean
  readonly maxBatchRecords: number
  readonly maxResidentKeys: number
  readonly signal: AbortSignal | null
  readonly retention: RetentionPolicy
  /** Null where one task does all. */
  readonly task: TaskOption | null
  readonly flags: HandoffFlags
  /** By sink: the state, `UID/STATE`, of which it is given all entries once. */
  readonly emitState: Readonly<Record<string, string>>
  readonly clock: Clock
  /** Null where no sink writes by transactions. */
  readonly transactions: RunTransactions | null
}

const optionNames: readonly (keyof RunOptions<Job>)[] = [
  'from',
  'log',
  'sinks',
  'checkpoints',
  'checkpointEveryMs',
  'untilEnd',
  'signal',
  'onPlan',
  'onProgress',
  'progressEveryMs',
  'maxBatchRecords',
  'maxResidentKeys',
  'keep',
  'keepForMs',
  'task',
  'clock',
  'newPartitions',
  'drop',
  'fresh',
  'acceptHoles',
  'onGap',
  'cutTimes',
  'emitState',
  'approximate',
]

/** Errors: `invalid`, codes `missing-log`, `missing-sink`, `unknown-source`, `unknown-sink`, `bad-option`, `unknown-option`, `checkpoints-too-rare`. */
export function runSettings<J extends Job>(graph: JobGraph, options: RunOptions<J>): RunSettings {
  refuseUnknownOptions(options, optionNames, 'run')
  const { newPartitions, drop, fresh, acceptHoles, onGap, cutTimes, approximate } = options
  const clock = options.clock ?? systemClock
  const signal = options.signal ?? null
  const checkpointEveryMs = atLeast(0, 'checkpointEveryMs', options.checkpointEveryMs)
  const sinks = named('sink', graph.sinks, options.sinks as Readonly<Record<string, Sink>>)
  return {
    from: typeof options.from === 'object' ? options.from.manifestPath : options.from,
    logs: namedLogs(graph, options.log),
    sinks,
    checkpoints: options.checkpoints,
    checkpointEveryMs,
    progressEveryMs: atLeast(1, 'progressEveryMs', options.progressEveryMs),
    onProgress: options.onProgress ?? null,
    untilEnd: options.untilEnd ?? false,
    maxBatchRecords: atLeast(1, 'maxBatchRecords', options.maxBatchRecords),
    maxResidentKeys: atLeast(0, 'maxResidentKeys', options.maxResidentKeys),
    signal,
    retention: retentionOf(options),
    task: checkedTask(options.task),
    flags: { newPartitions, drop, fresh, acceptHoles, onGap, cutTimes, approximate },
    emitState: options.emitState ?? {},
    clock,
    transactions: runTransactions(sinks, { job: graph.name, clock, signal, checkpointEveryMs }),
  }
}

function retentionOf({ keep, keepForMs }: Pick<RunOptions<Job>, 'keep' | 'keepForMs'>): RetentionPolicy {
  const policy = { keep: keep ?? defaultRetention.keep, keepForMs: keepForMs ?? defaultRetention.keepForMs }
  checkRetention(policy)
  return policy
}

/** The logs of a job's sources: one for each, and none for any other. */
export function namedLogs(graph: JobGraph, given: Readonly<Record<string, Log>>): ReadonlyMap<string, Log> {
  return named(
    'log',
    graph.sources.map(({ name }) => name),
    given,
  )
}

/** One for each name, and none for any other. */
function named<T>(
  what: 'log' | 'sink',
  names: readonly string[],
  given: Readonly<Record<string, T>>,
): ReadonlyMap<string, T> {
  const owner = what === 'log' ? 'source' : 'sink'
  const missing = names.find(name => given[name] === undefined)
  if (missing !== undefined) {
    const remedy = what === 'log' ? `log: { ${missing}: fileLog('…') }` : `sinks: { ${missing}: ndjson('…') }`
    throw invalid({
      code: `missing-${what}`,
      thing: `${owner} ${missing}`,
      expected: `a ${what}`,
      found: 'none',
      remedy,
    })
  }
  const unknown = Object.keys(given).find(name => !names.includes(name))
  if (unknown === undefined) return new Map(names.map(name => [name, given[name] as T]))
  const expected = names.length === 0 ? 'none: the job has none' : `one of ${names.join(', ')}`
  throw invalid({ code: `unknown-${owner}`, thing: `${what} ${unknown}`, expected })
}

function atLeast(least: number, name: keyof typeof runDefaults, given: number | undefined): number {
  const found = given ?? runDefaults[name]
  if (found >= least) return found
  throw invalid({
    code: 'bad-option',
    thing: `run: ${name}`,
    expected: `${least} or more`,
    found: String(given),
  })
}
