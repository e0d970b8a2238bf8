/** What a start knows before it writes anything: what it goes on from, how the logs stand, and the plan of the handoff. */
import { planHandoff } from '../handoff/plan.ts'
import type { HandoffPlan } from '../handoff/handoff.ts'
import { refuse } from '../handoff/refuse.ts'
import { timeCuts } from '../handoff/time-cut.ts'
import type { JobGraph } from '../job/graph.ts'
import type { LogDescription } from '../source/log.ts'
import { findBeginning, type Beginning } from './beginning.ts'
import { describeLogs } from './describe-logs.ts'
import type { Closers } from './closers.ts'
import type { RunSettings } from './run-settings.ts'

/** A start that was planned and not refused. */
export interface PlannedStart {
  readonly beginning: Beginning
  readonly logs: ReadonlyMap<string, LogDescription>
  readonly plan: HandoffPlan
}

/** Told the plan before it is obeyed or refused. */
export type OnPlan = ((plan: HandoffPlan) => void) | undefined

/** Plans it. Errors: those of finding the beginning and of the logs; `invalid`, code `handoff-refused`. */
export async function planStart(
  graph: JobGraph,
  settings: RunSettings,
  closers: Closers,
  onPlan: OnPlan,
): Promise<PlannedStart> {
  const beginning = await findBeginning(settings.checkpoints, settings.from)
  closers.add(() => beginning.release())
  const logs = await describeLogs(settings.logs)
  const { manifest } = beginning.savepoint
  const { flags } = settings
  const cuts = await timeCuts(graph, manifest, settings.logs, flags)
  const plan = planHandoff({ graph, manifest, logs, flags, cuts })
  onPlan?.(plan)
  refuse(plan)
  return { beginning, logs, plan }
}
