/** What the repairing commands have in common: options, progress, and what they print at the end. */
import type { AuditedState } from '../savepoint/manifest.ts'
import type { RepairOptions, RepairProgress, RepairReport } from '../repair/repair.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'
import { durationText } from './duration.ts'
import type { Session } from './session.ts'
import { count, table, type Cell } from './table.ts'

/** Options of every repair. */
export const repairOptions: Readonly<Record<'into' | 'dry-run' | 'fresh-sinks', Option>> = {
  into: { value: 'DIR', text: 'the folder of the new savepoint; with --dry-run it may be left out' },
  'dry-run': { text: 'read and check everything, say what would change, and write nothing' },
  'fresh-sinks': {
    text: 'a run from it begins new outputs, and does not go on with those of the repaired one',
  },
}

const silentMs = 1000

/** The options as the library takes them; progress is shown when it takes more than a second. */
export function repairSettings(args: Arguments, session: Session): RepairOptions {
  const dryRun = args.flag('dry-run')
  const startMs = session.clock.monotonicMs()
  return {
    into: dryRun ? (args.text('into') ?? '') : args.requiredText('into'),
    dryRun,
    freshSinks: args.flag('fresh-sinks'),
    arguments: process.argv.slice(3),
    clock: session.clock,
    signal: session.stopSignal(),
    onProgress: progress => {
      const elapsedMs = session.clock.monotonicMs() - startMs
      if (elapsedMs >= silentMs) showProgress(session, args, progress, elapsedMs)
    },
  }
}

/** `A=B` options by `A`, of which each may have several. */
export function pairLists(
  args: Arguments,
  name: string,
  form: string,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const text of args.list(name)) {
    const at = text.indexOf('=')
    if (at < 1 || at === text.length - 1) throw args.wrong(`--${name}`, form, `'${text}'`)
    const [left, right] = [text.slice(0, at), text.slice(at + 1)]
    found.set(left, [...(found.get(left) ?? []), right])
  }
  return found
}

/** The same as an object; a usage error where one `A` has several. */
export function pairs(args: Arguments, name: string, form: string): Readonly<Record<string, string>> {
  const entries = [...pairLists(args, name, form)].map(([left, [right, other]]) => {
    if (other === undefined) return [left, right] as const
    throw args.wrong(`--${name} ${left}`, 'it once', `${right} and ${other}`)
  })
  return Object.fromEntries(entries) as Readonly<Record<string, string>>
}

/** Prints what was done: the report as JSON, or a table of the states. */
export async function printReport(session: Session, report: RepairReport): Promise<void> {
  const { savepoint, states } = report
  session.progress.end()
  if (session.json) {
    const { folder, manifest } = savepoint ?? {}
    const { manifestDigest, stateDigest } = manifest ?? {}
    const made = savepoint === null ? null : { folder, manifestDigest, stateDigest }
    return session.out.json({ ...report, savepoint: made })
  }
  const head = savepoint === null ? 'nothing was written; it would be:' : `written to ${savepoint.folder}`
  const digest = savepoint === null ? [] : [`  state digest  ${savepoint.manifest.stateDigest ?? '-'}`]
  await session.out.lines([head, ...digest, ...stateLines(states)])
}

function stateLines(states: readonly AuditedState[]): readonly string[] {
  if (states.length === 0) return []
  const head = ['state', 'keys before', 'after', 'entries before', 'after']
  return table(
    head,
    states.map(({ uid, state, before, after }): readonly Cell[] => [
      `${uid}/${state}`,
      before && before.keys,
      after && after.keys,
      before && before.entries,
      after && after.entries,
    ]),
  )
}

function showProgress(
  session: Session,
  args: Arguments,
  { state, done, total }: RepairProgress,
  elapsedMs: number,
): void {
  const leftMs = done === 0 ? null : (elapsedMs / done) * (total - done)
  const left = leftMs === null ? '' : `, ${durationText(leftMs)} left`
  session.progress.show({
    name: args.command,
    text: `${state}: ${count(done)} of ${count(total)} rows${left}`,
    part: total === 0 ? 1 : done / total,
    data: { event: 'progress', state, done, total, leftMs },
  })
}
