/**
 * A start that may be carried out: planned on a chain in which nobody else can commit by transactions any more, and with the
 * tasks ended that were at work. What is published on the way is planned on again (TRANSACTIONS.md, section 3).
 */
import { hasCode, unavailable } from '../errors.ts'
import type { JobGraph } from '../job/graph.ts'
import { openStore } from '../savepoint/checkpoint-store.ts'
import { settleChain } from '../savepoint/settle.ts'
import type { Beginning } from './beginning.ts'
import type { Closers } from './closers.ts'
import { endTasks } from './generation.ts'
import { planStart, type OnPlan, type PlannedStart } from './planned-start.ts'
import type { RunSettings } from './run-settings.ts'
import { settlerOf, transactionsOf } from './transactions.ts'

/** Others may begin so many times meanwhile. */
const mostTries = 100

/** Plans a start of one task for all. Errors: those of planning, sealing and settling; `unavailable`, code `no-turn`. */
export async function settledStart(
  graph: JobGraph,
  settings: RunSettings,
  closers: Closers,
  onPlan: OnPlan,
): Promise<PlannedStart> {
  for (let tries = 0; tries < mostTries; tries++) {
    let start = await planStart(graph, settings, closers, tries === 0 ? onPlan : undefined)
    const { heads, manifest } = start.beginning.savepoint
    if (heads !== undefined) {
      // Several tasks were at work: nothing of theirs is later than what is found now.
      if (!(await haveEnded(settings, start.beginning))) continue
      start = await planStart(graph, settings, closers, undefined)
      // Others began a generation meanwhile, which is not sealed.
      if (start.beginning.savepoint.manifest.number !== manifest.number) continue
    }
    if (await isSettled(settings, start.beginning)) return start
  }
  throw unavailable({
    code: 'no-turn',
    thing: settings.checkpoints,
    expected: 'to take over the checkpoints',
    found: `that others did ${mostTries} times meanwhile`,
  })
}

/** Ends the tasks that were at work; false where others have begun newer ones and let these go. */
async function haveEnded(settings: RunSettings, beginning: Beginning): Promise<boolean> {
  try {
    await endTasks(beginning.savepoint, settings.clock, await settlerOf(settings, beginning))
    return true
  } catch (error) {
    if (hasCode(error, 'lost-ownership')) return false
    throw error
  }
}

/** Settles the store's own chain. False where its newest checkpoint is another one by then: that is to be planned on. */
export async function isSettled(settings: RunSettings, beginning: Beginning): Promise<boolean> {
  await transactionsOf(settings, beginning) // refuses what can't go on, before anything is written
  const settler = await settlerOf(settings, beginning)
  if (settler === null) return true
  const store = await openStore(settings.checkpoints, settings.clock)
  try {
    return (await settleChain(store, settler)) === beginning.savepoint.manifest.number
  } finally {
    await store.close()
  }
}
