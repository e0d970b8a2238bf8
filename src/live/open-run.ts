/**
 * From a plan to a run that is ready for its first batch: segments taken in, sinks opened, the first manifest committed
 * (R1), stages built over what is stored.
 */
import { jsonDecoder } from '../codec/json.ts'
import type { Clock } from '../clock.ts'
import { conflict, hasCode, type HeadwaterError } from '../errors.ts'
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { JobGraph } from '../job/graph.ts'
import { noWatermark } from '../record/event-time.ts'
import { fieldsOf } from '../record/record.ts'
import type { SourceTimes } from '../record/stage-clock.ts'
import { openStore, type CheckpointStore } from '../savepoint/checkpoint-store.ts'
import { chainName } from '../savepoint/chains/chain-names.ts'
import type { ChainTask, Manifest, ManifestTransactions } from '../savepoint/manifest.ts'
import { Retention } from '../savepoint/retention.ts'
import type { SinkRun, SinkState } from '../sink/sink.ts'
import type { OpenTransactions, TransactionOwner, TransactionSystem } from '../sink/transaction.ts'
import { BeginAgain } from './begin-again.ts'
import type { Beginning } from './beginning.ts'
import { Checkpointer } from './checkpointer.ts'
import type { Closers } from './closers.ts'
import { compileFlow } from './flow.ts'
import { grow } from './growth.ts'
import { LiveJob } from './live-job.ts'
import { LiveState } from './live-state.ts'
import { runIdentity } from './manifest-draft.ts'
import { beginSinks, openSinks } from './open-sinks.ts'
import { Outlets } from './outlets.ts'
import { OwnKeys } from './own-keys.ts'
import { openOverlaps } from './overlap.ts'
import { Positions } from './positions.ts'
import { RequestWatch } from './request-watch.ts'
import type { RunSettings } from './run-settings.ts'
import { emitStates, emittingOf, stateEmissions } from './state-emission.ts'
import type { TaskPlace } from './tasks.ts'
import { transactionsOf } from './transactions.ts'
import { freshTimes, JobTimes } from './times.ts'
import { Warnings } from './warnings.ts'

/** A run that may take its first batch. */
export interface OpenRun {
  readonly store: CheckpointStore
  readonly job: LiveJob
  readonly positions: Positions
  readonly checkpointer: Checkpointer
  readonly warnings: Warnings
  readonly requests: RequestWatch
  /** What the tasks of the job began with; null where one does all. */
  readonly generation: Manifest | null
  /** The keys of this task; null where one does all. */
  readonly ownKeys: OwnKeys | null
}

/** Opens it. What was opened is in `closers`, also when it fails. */
export async function openRun(
  graph: JobGraph,
  settings: RunSettings,
  beginning: Beginning,
  plan: HandoffPlan,
  closers: Closers,
  task: TaskPlace | null = null,
): Promise<OpenRun> {
  const { savepoint, continued } = beginning
  const origin = savepoint.manifest
  const emissions = stateEmissions(graph, settings, beginning)
  const store = task?.store ?? (await ownStore(settings, beginning))
  closers.add(() => store.close())
  if (!continued) await store.adopt(savepoint)
  await beginning.release()
  const state = new LiveState(store, graph, origin, plan, task?.generation)
  closers.add(() => state.close())
  const flow = compileFlow(graph)
  const outlets = new Outlets(flow.mixedSinks)
  const job = new LiveJob({
    graph,
    flow,
    outlets,
    times: restoredTimes(graph, plan, flow.stages),
    stored: (uid, name) => state.find(uid, name),
    overlaps: await openOverlaps(plan.sources, plan.accepted, state.asSavepoint()),
    decoders: new Map(
      graph.sources.map(({ name, schema }) => [name, jsonDecoder(fieldsOf(schema), 'value')]),
    ),
  })
  const positions = new Positions(plan)
  grow(graph, job, positions, task?.generation ?? null)
  const { maxResidentKeys, clock } = settings
  const retention = new Retention(store.path, settings.retention, clock, store.chain)
  const warnings = new Warnings()
  const requests = new RequestWatch({ store, clock, warnings, generation: task?.generation.attempt })
  settings.transactions?.tell(warnings)
  const stored = await transactionsOf(settings, beginning)
  const identity = runIdentity(job, beginning, plan, clock.now(), task && chainTask(task), stored)
  const shared = { store, job, positions, warnings, requests }
  const parts = { ...shared, state, outlets, plan, identity, origin, maxResidentKeys, retention, clock }
  const checkpointer = new Checkpointer(parts)
  closers.add(() => checkpointer.close())
  const known = knownSinks(beginning)
  const run = sinkRun(store, task, clock)
  const emitting = emittingOf(emissions)
  await fence(graph, settings, { store, checkpointer, outlets, closers, known, run, stored, emitting })
  if (emissions.length > 0) {
    await emitStates(state.asSavepoint(), emissions, outlets)
    await checkpointer.checkpoint()
  }
  const generation = task?.generation ?? null
  return { ...shared, checkpointer, generation, ownKeys: task && new OwnKeys(graph, task) }
}

/** What the sinks go on from. A repaired savepoint stands for what was repaired, and goes on with its outputs. */
export function knownSinks({ savepoint: { manifest }, continued }: Beginning): Manifest['sinks'] {
  const isRepaired = manifest.number === 0 && manifest.audit !== undefined
  return continued || isRepaired ? manifest.sinks : {}
}

/** Who opens sinks. */
function sinkRun(store: CheckpointStore, task: TaskPlace | null, clock: Clock): SinkRun {
  const { attempt } = store
  if (task === null) return { generation: store.newestNumber + 1, task: 0, attempt, clock }
  const { generation, index, count, rejoins } = task
  return { generation: generation.number, task: index, tasks: count, attempt, clock, rejoins }
}

function chainTask({ generation, index, count }: TaskPlace): ChainTask {
  return { generation: generation.number, index, count }
}

/**
 * Commits the first manifest between opening the sinks that have no state yet and those that have one. Transactions are
 * opened before it: who settles the chain from here on fences them, or finds the number taken (TRANSACTIONS.md, T2). Nothing is
 * sent before it.
 */
async function fence(
  graph: JobGraph,
  { sinks, transactions }: RunSettings,
  run: {
    readonly store: CheckpointStore
    readonly checkpointer: Checkpointer
    readonly outlets: Outlets
    readonly closers: Closers
    readonly known: Readonly<Record<string, SinkState>>
    readonly run: SinkRun
    readonly stored: ManifestTransactions | null
    readonly emitting: Manifest['emitting']
  },
): Promise<void> {
  const { store, checkpointer, outlets, closers, known, stored } = run
  const begun = await beginSinks(graph, sinks, known, outlets, closers, run.run)
  const owner = stored && { lineage: stored.lineage, chain: chainName(store.chain) }
  const opened = owner && transactions !== null ? await openProducer(store, transactions.system, owner) : null
  if (opened !== null) closers.add(() => opened.close())
  await checkpointer.start(begun.states, run.emitting).catch(async (error: unknown) => {
    throw opened === null ? error : await lostStart(store, opened, owner as TransactionOwner, error)
  })
  await outlets.committed()
  outlets.open(await openSinks(graph, sinks, begun.states, begun.known, closers, run.run))
  if (opened === null) return
  checkpointer.commitBy(opened)
  const by = { ...run.run, transactions: opened }
  outlets.open(await openSinks(graph, sinks, {}, begun.transactional, closers, by))
}

/** Fences whoever has one. One who slept and was replaced sees it here, and fences nobody. */
async function openProducer(
  store: CheckpointStore,
  system: TransactionSystem,
  owner: TransactionOwner,
): Promise<OpenTransactions> {
  const expected = store.newestNumber
  const newest = await store.latestNumber()
  if (newest !== expected) throw replaced(store, expected, newest)
  return system.open(owner)
}

/** Another start was faster. Where our producer is the newest of its lineage, its own is fenced: unless we begin again, both end (T4). */
async function lostStart(
  store: CheckpointStore,
  opened: OpenTransactions,
  { lineage }: TransactionOwner,
  error: unknown,
): Promise<unknown> {
  if (!hasCode(error, 'lost-ownership')) return error
  const isOfOurs = (await store.newest())?.manifest.transactions?.lineage === lineage
  return isOfOurs && (await opened.isNewest()) ? new BeginAgain(error) : error
}

/** The store, if nobody committed to it since the beginning was looked for. */
export async function ownStore(
  { checkpoints, clock }: RunSettings,
  { savepoint, continued }: Beginning,
): Promise<CheckpointStore> {
  const store = await openStore(checkpoints, clock)
  const expected = continued ? savepoint.manifest.number : 0
  if (store.newestNumber === expected) return store
  await store.close()
  throw replaced(store, expected, store.newestNumber)
}

function replaced({ path }: CheckpointStore, expected: number, newest: number): HeadwaterError {
  return conflict({
    code: 'lost-ownership',
    thing: path,
    expected: `checkpoint ${expected} to be the newest`,
    found: `checkpoint ${newest} of another run`,
    remedy: 'let the other run go on, or stop it and start again',
  })
}

/** Times and clocks as the plan has them: those of the savepoint, or those of a history without order. */
export function restoredTimes(
  graph: JobGraph,
  plan: HandoffPlan,
  stages: ReturnType<typeof compileFlow>['stages'],
): JobTimes {
  const times = freshTimes(graph)
  for (const { source, partitions } of plan.sources) {
    const { runningMax } = times.get(source) as SourceTimes
    for (const { partition, runningMax: max } of partitions) if (max !== null) runningMax.set(partition, max)
  }
  const clocks = plan.clocks.map(({ clock }) => clock ?? noWatermark)
  return new JobTimes(graph, stages, times, clocks)
}
