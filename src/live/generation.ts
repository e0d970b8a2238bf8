/**
 * Generations of several tasks: when a new one is needed, and how it is made of the one before (TASKS.md, section 3, steps 2
 * and 3). Whoever is killed on the way leaves what the next start goes on from.
 */
import type { Clock } from '../clock.ts'
import { conflict, hasCode } from '../errors.ts'
import { graphDigest } from '../job/graph-data.ts'
import type { JobGraph } from '../job/graph.ts'
import { chainHeads } from '../savepoint/chains/read-union.ts'
import { sealGeneration } from '../savepoint/chains/seal.ts'
import { openStore, type CheckpointStore } from '../savepoint/checkpoint-store.ts'
import type { Manifest, ManifestDraft, ManifestOperator } from '../savepoint/manifest.ts'
import { openManifestFile } from '../savepoint/open.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { Settler } from '../savepoint/settle.ts'
import type { SinkState } from '../sink/sink.ts'
import type { LogDescription } from '../source/log.ts'
import { partitionerName } from '../codec/partitioner.ts'
import { withClosers, type Closers } from './closers.ts'
import { compileFlow } from './flow.ts'
import { LiveState } from './live-state.ts'
import { liveProgress, runIdentity } from './manifest-draft.ts'
import { beginSinks } from './open-sinks.ts'
import { knownSinks, ownStore, restoredTimes } from './open-run.ts'
import { Outlets } from './outlets.ts'
import type { PlannedStart } from './planned-start.ts'
import { Positions } from './positions.ts'
import type { RunSettings } from './run-settings.ts'
import type { TaskOption } from './tasks.ts'
import { transactionsOf } from './transactions.ts'

/**
 * The manifest that began the generation whose union this is; null where it is no union. Errors: `conflict`, code
 * `lost-ownership`, where others have begun newer ones and let it go; those of reading.
 */
export async function generationOf({ heads, manifestPath }: Savepoint): Promise<Manifest | null> {
  if (heads === undefined) return null
  return (await unlessLetGo(openManifestFile(manifestPath), manifestPath)).manifest
}

async function unlessLetGo<T>(reading: Promise<T>, thing: string): Promise<T> {
  return reading.catch((cause: unknown) => {
    if (!hasCode(cause, 'no-such-file')) throw cause
    throw conflict({
      code: 'lost-ownership',
      thing,
      expected: 'the newest generation of tasks',
      found: 'that it was let go: others have begun newer ones',
      remedy: 'let the other run go on, or stop it and start again',
      cause,
    })
  })
}

/** Whether a task may join: the same job, tasks and partitions, and chains that go on. */
export async function isJoinable(
  graph: JobGraph,
  folder: string,
  generation: Manifest,
  logs: ReadonlyMap<string, LogDescription>,
  { count }: TaskOption,
): Promise<boolean> {
  if (generation.tasks?.count !== count || generation.job.graphDigest !== graphDigest(graph)) return false
  const isKnown = generation.sources.every(({ name, partitions }) => {
    const known = new Set(partitions.map(({ partition }) => partition))
    return logs.get(name)?.partitions.every(({ partition }) => known.has(partition)) === true
  })
  if (!isKnown) return false
  // One seal says that the generation is about to end: whoever made it may have died, or be just behind.
  const heads = await unlessLetGo(chainHeads(folder, generation), folder)
  return heads.every(head => head?.manifest.kind !== 'seal')
}

/** Seals a generation of tasks, so that a run of one task may go on from their union. */
export async function endTasks(union: Savepoint, clock: Clock, settler: Settler = null): Promise<void> {
  const generation = (await generationOf(union))!
  const store = await openStore(union.folder, clock)
  try {
    await sealGeneration(store, generation, clock, settler)
  } finally {
    await store.close()
  }
}

/**
 * Makes a new generation of what the start found, which is sealed by then. Null when somebody else was faster: then that is
 * what is to be looked at. Errors: those of opening sinks and of disks.
 */
export async function makeGeneration(
  graph: JobGraph,
  settings: RunSettings,
  start: PlannedStart,
  count: number,
  sealed: readonly string[],
): Promise<Manifest | null> {
  return withClosers(async closers => {
    const store = await ownStore(settings, start.beginning)
    closers.add(() => store.close())
    const { savepoint, continued, release } = start.beginning
    if (!continued) await store.adopt(savepoint)
    await release()
    const partitioners = Object.fromEntries(
      graph.sources.map(({ name, partitioner }) => [name, partitionerName(partitioner)]),
    )
    const draft = {
      ...(await draftOf(graph, settings, start, store, closers)),
      tasks: { count, partitioners, sealed },
    }
    return store.commit(store.newestNumber + 1, draft)
  }).catch((error: unknown) => {
    if (hasCode(error, 'lost-ownership')) return null
    throw error
  })
}

/** The state as the tasks find it, with room above it for their layers (K2). */
async function draftOf(
  graph: JobGraph,
  settings: RunSettings,
  { beginning, plan }: PlannedStart,
  store: CheckpointStore,
  closers: Closers,
): Promise<ManifestDraft> {
  const origin = beginning.savepoint.manifest
  const state = new LiveState(store, graph, origin, plan)
  closers.add(() => state.close())
  const times = restoredTimes(graph, plan, compileFlow(graph).stages)
  const nowMs = settings.clock.now()
  return {
    ...runIdentity({ graph }, beginning, plan, nowMs, null, await transactionsOf(settings, beginning)),
    ...liveProgress({ graph, times, intakes: new Map() }, new Positions(plan), plan, origin),
    kind: 'start',
    createdMs: nowMs,
    operators: state.operators().map(withBases),
    sinks: await sinkStates(graph, settings, beginning, store, closers),
    stateDigest: null,
  }
}

function withBases({ states, ...operator }: ManifestOperator): ManifestOperator {
  return {
    ...operator,
    states: states.map(state =>
      state.layers.length === 0 ? { ...state, layers: [{ segments: [] }] } : state,
    ),
  }
}

/** Sinks that have no state yet are opened once, so that all tasks go on from the same; the others are the tasks' to open. */
async function sinkStates(
  graph: JobGraph,
  { sinks, clock }: RunSettings,
  beginning: PlannedStart['beginning'],
  store: CheckpointStore,
  closers: Closers,
): Promise<Readonly<Record<string, SinkState>>> {
  const known = knownSinks(beginning)
  const run = { generation: store.newestNumber + 1, task: 0, attempt: store.attempt, clock }
  return (await beginSinks(graph, sinks, known, new Outlets(new Set()), closers, run)).states
}
