/** One live run, from the search for what it goes on from to the savepoint with which it stops. */
import { graphOf } from '../job/brand.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Job } from '../job/job.ts'
import { explained } from '../savepoint/lost-store.ts'
import { refuseSharedFile } from '../sink/shared-file.ts'
import { sealedMeanwhile, untilBegun } from './begin-again.ts'
import { withClosers, type Closers } from './closers.ts'
import type { RunOptions, RunResult } from './live.ts'
import { LiveLoop } from './live-loop.ts'
import { openRun } from './open-run.ts'
import type { OnPlan, PlannedStart } from './planned-start.ts'
import { runSettings, type RunSettings } from './run-settings.ts'
import { placeTask } from './place-task.ts'
import { settledStart } from './settled-start.ts'
import type { TaskPlace } from './tasks.ts'

/**
 * Runs the job on its logs until `untilEnd` or the signal stops it, and leaves a savepoint. The logs are closed when it
 * ends, however it ends; after an error the last checkpoint is whole, and the next run goes on from it.
 *
 * Errors: `invalid`, codes `nothing-to-continue`, `handoff-refused` (a HandoffRefused, with the plan and each refusal) and
 * `operator-failed`; `conflict`, codes `other-checkpoints` and `lost-ownership`; those of transactions (TRANSACTIONS.md); `data` for records that can't be used,
 * where the source says stop, and for damaged files; `unavailable` for logs, sinks and disks.
 */
export async function run<J extends Job>(job: J, options: RunOptions<J>): Promise<RunResult> {
  const graph = graphOf(job)
  const settings = runSettings(graph, options)
  return withClosers(async closers => {
    for (const log of settings.logs.values()) closers.add(() => log.close())
    await refuseSharedFile(settings.sinks)
    await settings.transactions?.begin(closers)
    return untilBegun(() => withClosers(attempt => begin(graph, settings, attempt, options.onPlan)))
  })
}

async function begin(
  graph: JobGraph,
  settings: RunSettings,
  closers: Closers,
  onPlan: OnPlan,
): Promise<RunResult> {
  if (settings.task === null)
    return goOn(graph, settings, await settledStart(graph, settings, closers, onPlan), closers)
  const { own, start, place } = await placeTask(graph, settings, settings.task, closers, onPlan)
  return goOn(graph, own, start, closers, place)
}

/** A run from its plan to its end. */
async function goOn(
  graph: JobGraph,
  settings: RunSettings,
  { beginning, plan, logs }: PlannedStart,
  closers: Closers,
  task: TaskPlace | null = null,
): Promise<RunResult> {
  const opened = await openRun(graph, settings, beginning, plan, closers, task).catch(async error => {
    throw await sealedMeanwhile(error, task)
  })
  const { store, checkpointer, warnings } = opened
  const cleaned = (): void => warnings.worked('cleaning')
  // Beside the work: it reads every manifest, and nothing waits for it.
  const cleaning = store.removeLeftovers().then(cleaned, warnings.failing('cleaning'))
  closers.add(() => cleaning)
  const loop = new LiveLoop(opened, settings, logs)
  closers.add(() => loop.close())
  const explain = async (error: unknown): Promise<never> => {
    throw await explained(store, error)
  }
  const reason = await loop.untilStopped().catch(explain)
  await loop.close()
  const { number } = await checkpointer.savepoint().catch(explain)
  await cleaning
  // What the savepoint folded is named by nobody any more, and nothing of this run is being written.
  await store.removeLeftovers({ isDone: true }).then(cleaned, warnings.failing('cleaning'))
  return { reason, savepoint: await store.open(number), plan, progress: loop.progress() }
}
