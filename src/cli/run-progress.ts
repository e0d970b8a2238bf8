/** How far a run is, for people and programs. */
import type { HandoffPlan } from '../handoff/handoff.ts'
import type { RunProgress, RunResult, RunWarning } from '../live/live.ts'
import type { Arguments } from './arguments.ts'
import { durationText } from './duration.ts'
import type { Progress } from './progress.ts'
import { printsResults } from './run-from.ts'
import type { Session } from './session.ts'
import { count, facts } from './table.ts'

/** Makes progress of a run's counters; `untilEnd` runs have an end that they come nearer to. */
export class RunReport {
  readonly #untilEnd: boolean
  #toDo: number | null = null

  constructor(untilEnd: boolean) {
    this.#untilEnd = untilEnd
  }

  plan(plan: HandoffPlan): void {
    const parts = plan.sources.flatMap(({ partitions }) => partitions.map(({ toDo }) => toDo ?? 0))
    this.#toDo = parts.reduce((sum, each) => sum + each, 0)
  }

  progress(progress: RunProgress): Progress {
    const { elapsedMs, records, bad, late, emitted, checkpoint, warnings } = progress
    const rate = elapsedMs > 0 ? Math.round((records / elapsedMs) * 1000) : 0
    const behind = lagOf(progress)
    const words = [
      `${count(records)} records`,
      `${count(rate)}/s`,
      `${count(emitted)} emitted`,
      `${count(late)} late`,
      `${count(bad)} bad`,
      ...(behind === null ? [] : [`${count(behind)} behind`]),
      `checkpoint ${checkpoint}`,
      ...warnings.filter(({ ongoing }) => ongoing).map(failing),
    ]
    return {
      name: 'run',
      text: words.join(' · '),
      part: this.#part(records),
      data: { event: 'progress', ...progress },
    }
  }

  #part(records: number): number | null {
    if (!this.#untilEnd || this.#toDo === null) return null
    return this.#toDo === 0 ? 1 : records / this.#toDo
  }
}

/** How it ended, by one task or by several. */
export type EndedRun = Pick<RunResult, 'reason' | 'savepoint' | 'progress'>

/** How a run ended, as lines. */
export function resultLines({ reason, savepoint, progress }: EndedRun): readonly string[] {
  const { records, emitted, late, bad, elapsedMs, warnings } = progress
  const end = reason === 'end' ? 'at the end of the logs' : 'stopped'
  return facts([
    [end, `after ${durationText(elapsedMs)}`],
    [
      'applied',
      `${count(records)} records, ${count(late)} late, ${count(bad)} bad; ${count(emitted)} emitted`,
    ],
    ['savepoint', savepoint.manifestPath],
    ['state digest', savepoint.manifest.stateDigest],
    ...warnings.map((warning): [string, string] => ['warning', warningText(warning)]),
  ])
}

/** `retention fails (no-access, 12 times)` */
function failing({ task, code, count: times }: RunWarning): string {
  return `${task} fails (${code}, ${timesText(times)})`
}

/** What failed beside the run, with how often, and whether it still does. */
function warningText({ task, message, count: times, ongoing }: RunWarning): string {
  return `${task} failed ${timesText(times)}${ongoing ? '' : ', and works again'}: ${message}`
}

function timesText(times: number): string {
  return times === 1 ? 'once' : `${count(times)} times`
}

/** How a run ended, for programs. */
export function resultData({ reason, savepoint, progress }: EndedRun): Readonly<Record<string, unknown>> {
  const { manifestPath, manifest } = savepoint
  const { number, manifestDigest, stateDigest } = manifest
  return { event: 'ended', reason, savepoint: manifestPath, number, manifestDigest, stateDigest, progress }
}

/** Records that the logs have beyond what was applied; null where a log did not answer. */
function lagOf({ sources }: RunProgress): number | null {
  const lags = sources.flatMap(({ partitions }) => partitions.map(({ lag }) => lag))
  return lags.includes(null) ? null : lags.reduce<number>((sum, lag) => sum + (lag as number), 0)
}

/** The plan, before it is obeyed or refused. */
export function tellPlan(session: Session, plan: HandoffPlan, lines: readonly string[]): void {
  for (const line of session.json ? [''] : lines) session.progress.note(line, { event: 'plan', plan })
}

/** What a run came to: to stdout, unless that is where a sink writes. */
export async function printLines(
  session: Session,
  args: Arguments,
  lines: readonly string[],
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const all = session.json ? [JSON.stringify(data)] : lines
  if (!printsResults(args)) return session.out.lines(all)
  for (const line of all) session.screen.line(line)
}
