/**
 * Finds the place of one task: in the generation that is at work, or in a new one (TASKS.md, section 3). All tasks of a job
 * do this at any time and in any order; whoever is first makes the generation, and the others find it.
 */
import { hasCode, HeadwaterError, unavailable } from '../errors.ts'
import type { HandoffPlan } from '../handoff/handoff.ts'
import { planHandoff } from '../handoff/plan.ts'
import { refuse } from '../handoff/refuse.ts'
import type { JobGraph } from '../job/graph.ts'
import { partOfTask } from '../savepoint/chains/union.ts'
import { sealGeneration } from '../savepoint/chains/seal.ts'
import { openStore } from '../savepoint/checkpoint-store.ts'
import { settledHead } from '../savepoint/settle.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import { openSavepoint } from '../savepoint/open.ts'
import type { Beginning } from './beginning.ts'
import type { Closers } from './closers.ts'
import { describeLogs } from './describe-logs.ts'
import { compileFlow } from './flow.ts'
import { generationOf, isJoinable, makeGeneration } from './generation.ts'
import { refuseMovingKeys } from './moving-keys.ts'
import { checkPartitioners } from './partitioner-check.ts'
import { planStart, type OnPlan, type PlannedStart } from './planned-start.ts'
import type { RunSettings } from './run-settings.ts'
import { isSettled } from './settled-start.ts'
import { stateEmissions } from './state-emission.ts'
import { ownPartitions, refuseUndividable, type TaskOption, type TaskPlace } from './tasks.ts'
import { settlerOf } from './transactions.ts'

/** A task that may begin. */
export interface PlacedTask {
  /** The settings, with the logs of its partitions alone. */
  readonly own: RunSettings
  readonly start: PlannedStart
  readonly place: TaskPlace
}

/** Others may be faster so many times; each time a generation began. */
const mostTries = 100

/**
 * Places it. Errors: `invalid`, codes `not-for-tasks`, `too-many-tasks`, `wrong-partitioner` and those of a start; `conflict`,
 * code `lost-ownership`; `unavailable`, code `no-generation`.
 */
export async function placeTask(
  graph: JobGraph,
  settings: RunSettings,
  task: TaskOption,
  closers: Closers,
  onPlan: OnPlan,
): Promise<PlacedTask> {
  const looked = { isChecked: false, isScanned: false }
  for (let tries = 0; tries < mostTries; tries++) {
    const tell = tries === 0 ? onPlan : undefined
    const placed = await tryToPlace(graph, settings, task, closers, tell, looked).catch((error: unknown) => {
      if (hasCode(error, 'lost-ownership')) return null // of a generation that is over by now
      throw error
    })
    if (placed !== null) return placed
  }
  throw unavailable({
    code: 'no-generation',
    thing: settings.checkpoints,
    expected: 'a generation of tasks that lasts',
    found: `that others began one ${mostTries} times meanwhile`,
    remedy: 'start all tasks of the job with the same job and the same count',
  })
}

/** Null where a generation was made, or somebody else was faster. `looked`: what need not be looked at again. */
async function tryToPlace(
  graph: JobGraph,
  settings: RunSettings,
  task: TaskOption,
  closers: Closers,
  onPlan: OnPlan,
  looked: { isChecked: boolean; isScanned: boolean },
): Promise<PlacedTask | null> {
  const start = await planStart(graph, settings, closers, onPlan)
  if (!looked.isChecked) await check(graph, settings, task, start)
  looked.isChecked = true
  const { savepoint } = start.beginning
  try {
    const generation = await generationOf(savepoint)
    if (generation !== null && (await isJoinable(graph, savepoint.folder, generation, start.logs, task)))
      return await join(graph, settings, task, start, generation, closers)
    if (!looked.isScanned) await refuseMovingKeys(graph, settings, start, task)
    looked.isScanned = true
    await renew(graph, settings, task, start, generation, closers)
    return null
  } catch (error) {
    if (await isOutdated(error, settings, start.beginning)) return null
    throw error
  }
}

/** Others have gone on since that was the beginning, and let go what it led to: what is missing then is no damage. */
async function isOutdated(
  error: unknown,
  { checkpoints }: RunSettings,
  { savepoint, continued }: Beginning,
): Promise<boolean> {
  if (!(error instanceof HeadwaterError) || error.kind === 'unavailable') return false
  const newest = await openSavepoint(checkpoints).catch(() => null)
  return newest !== null && (!continued || newest.manifest.number > savepoint.manifest.number)
}

async function check(
  graph: JobGraph,
  settings: RunSettings,
  task: TaskOption,
  { logs: described, beginning, plan }: PlannedStart,
): Promise<void> {
  const { sinks, logs } = settings
  stateEmissions(graph, settings, beginning)
  refuseUndividable(graph, sinks, described, task)
  await checkPartitioners(graph, compileFlow(graph), logs, described, plan.sources)
}

/** Ends the generation before, if there is one, and makes the next of what is then sure to be its last word. */
async function renew(
  graph: JobGraph,
  settings: RunSettings,
  task: TaskOption,
  start: PlannedStart,
  former: Manifest | null,
  closers: Closers,
): Promise<void> {
  if (former === null) {
    if (await isSettled(settings, start.beginning))
      await makeGeneration(graph, settings, start, task.count, [])
    return
  }
  const settler = await settlerOf(settings, start.beginning)
  const store = await openStore(settings.checkpoints, settings.clock)
  const sealed = await sealGeneration(store, former, settings.clock, settler).finally(() => store.close())
  const again = await planStart(graph, settings, closers, undefined)
  if (again.beginning.savepoint.manifest.number !== former.number) return // somebody was faster
  if (!(await isSettled(settings, again.beginning))) return
  const digests = sealed.map(({ manifestDigest }) => manifestDigest)
  await makeGeneration(graph, settings, again, task.count, digests)
}

/** Null where the chain was sealed meanwhile. */
async function join(
  graph: JobGraph,
  settings: RunSettings,
  task: TaskOption,
  { beginning, logs }: PlannedStart,
  generation: Manifest,
  closers: Closers,
): Promise<PlacedTask | null> {
  const main = await openStore(settings.checkpoints, settings.clock)
  closers.add(() => main.close())
  const store = await main.openChain({ generation: generation.number, task: task.index })
  const head = await settledHead(store, await settlerOf(settings, beginning))
  if (head?.manifest.kind === 'seal') return null
  const manifest = head?.manifest ?? partOfTask(generation, task.index, task.count)
  let ownLogs = ownPartitions(logs, task)
  const planned = (): HandoffPlan => planHandoff({ graph, manifest, logs: ownLogs, flags: settings.flags })
  let plan = planned()
  if (!plan.ok) {
    // The head may be later than what the logs said.
    ownLogs = ownPartitions(await describeLogs(settings.logs), task)
    plan = planned()
  }
  refuse(plan)
  const { folder, manifestPath } = head ?? beginning.savepoint
  const savepoint = { folder, manifestPath, manifest }
  const release = async (): Promise<void> => undefined
  return {
    own: {
      ...settings,
      logs: new Map([...settings.logs].filter(([source]) => hasPartitions(ownLogs, source))),
    },
    start: {
      beginning: { savepoint, continued: true, parents: manifest.parents, release },
      logs: ownLogs,
      plan,
    },
    place: { ...task, store, generation, rejoins: head !== null },
  }
}

function hasPartitions(logs: PlannedStart['logs'], source: string): boolean {
  return (logs.get(source)?.partitions.length ?? 0) > 0
}
