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

/** Others may go on so many times while it is planned. */
const mostTries = 100

/**
 * Plans it. What is refused is looked at once more: others may have gone on since the beginning was found, and what they have
 * passed may be trimmed by now. Errors: those of finding the beginning and of the logs; `invalid`, code `handoff-refused`.
 */
export async function planStart(
  graph: JobGraph,
  settings: RunSettings,
  closers: Closers,
  onPlan: OnPlan,
): Promise<PlannedStart> {
  const find = async (): Promise<Beginning> => {
    const beginning = await findBeginning(settings.checkpoints, settings.from)
    closers.add(() => beginning.release())
    return beginning
  }
  let start = await planFrom(graph, settings, await find())
  for (let tries = 1; !start.plan.ok && tries < mostTries; tries++) {
    const newer = await find()
    if (digestOf(newer) === digestOf(start.beginning)) break
    start = await planFrom(graph, settings, newer)
  }
  onPlan?.(start.plan)
  refuse(start.plan)
  return start
}

async function planFrom(
  graph: JobGraph,
  { logs: sources, flags }: RunSettings,
  beginning: Beginning,
): Promise<PlannedStart> {
  const logs = await describeLogs(sources)
  const { manifest } = beginning.savepoint
  const cuts = await timeCuts(graph, manifest, sources, flags)
  return { beginning, logs, plan: planHandoff({ graph, manifest, logs, flags, cuts }) }
}

function digestOf({ savepoint }: Beginning): string {
  return savepoint.manifest.manifestDigest
}
