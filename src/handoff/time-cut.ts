/**
 * Cuts by time, for histories that carry no offsets: the log is read from the first record that it took at or past the
 * history's newest event time − `handoffLatenessMs`, resolved to positions here, once, when the plan is made. Where the source
 * has a `recordId`, records below the log's present end that the history has too are left out by their ids.
 *
 * That nothing is missing rests on one assumption, which `plan --check-overlap` checks: the history has every record that the
 * log took before that time. That nothing is applied twice rests on none: a record that is too old for the ids is not decided
 * on in silence.
 */
import type { JobGraph } from '../job/graph.ts'
import type { PartitionPositions } from '../record/position.ts'
import type { Manifest, ManifestSource } from '../savepoint/manifest.ts'
import type { Log } from '../source/log.ts'
import type { HandoffFlags } from './handoff.ts'

/** A time, and what it means in the log of one source. */
export interface TimeCut {
  /** The log time from which on the log is read, milliseconds since the epoch. */
  readonly cutMs: number
  readonly positions: PartitionPositions
}

/** Whether the source's cut is to be found by time: a history that nothing was read behind, without offsets and given cut. */
export function needsTimeCut({ number, plan }: Manifest, { cut, order }: ManifestSource): boolean {
  return number === 0 && plan === null && cut === 'none' && order !== 'none'
}

/** The cuts by time of all sources that need one and have a time. Errors: those of the logs. */
export async function timeCuts(
  graph: JobGraph,
  manifest: Manifest,
  logs: ReadonlyMap<string, Pick<Log, 'offsetsAt'>>,
  flags: HandoffFlags,
): Promise<ReadonlyMap<string, TimeCut>> {
  const cuts = new Map<string, TimeCut>()
  for (const { name, handoffLatenessMs } of graph.sources) {
    const known = manifest.sources.find(source => source.name === name)
    const log = logs.get(name)
    if (known === undefined || log === undefined || !needsTimeCut(manifest, known)) continue
    const newestMs = flags.cutTimes?.[name] ?? newestMsOf(manifest, known)
    if (newestMs === null) continue
    const cutMs = Math.max(0, newestMs - handoffLatenessMs)
    cuts.set(name, { cutMs, positions: await log.offsetsAt(cutMs) })
  }
  return cuts
}

function newestMsOf({ timeUnit }: Manifest, { runningMax }: ManifestSource): number | null {
  if (runningMax === null) return null
  return timeUnit === 'us' ? Math.floor(runningMax / 1000) : runningMax
}
