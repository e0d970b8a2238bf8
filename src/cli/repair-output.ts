/** What the repairing commands have in common: options, progress, and what they print at the end. */
import type { RepairOptions, RepairReport } from '../repair/repair.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'
import { countedLines } from './lineage-text.ts'
import { RowProgress } from './row-progress.ts'
import type { Session } from './session.ts'

/** Options of every repair. */
export const repairOptions: Readonly<Record<'into' | 'dry-run' | 'fresh-sinks', Option>> = {
  into: { value: 'DIR', text: 'the folder of the new savepoint; with --dry-run it may be left out' },
  'dry-run': { text: 'read and check everything, say what would change, and write nothing' },
  'fresh-sinks': {
    text: 'a run from it begins new outputs, and does not go on with those of the repaired one',
  },
}

/** The options as the library takes them; progress is shown when it takes more than a second. */
export function repairSettings(args: Arguments, session: Session): RepairOptions {
  const dryRun = args.flag('dry-run')
  const progress = new RowProgress(session, args.command)
  return {
    into: dryRun ? (args.text('into') ?? '') : args.requiredText('into'),
    dryRun,
    freshSinks: args.flag('fresh-sinks'),
    arguments: process.argv.slice(3),
    clock: session.clock,
    signal: session.stopSignal(),
    onProgress: ({ state, done, total }) => progress.tell(done, total, state),
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
  await session.out.lines([head, ...digest, ...(states.length > 0 ? countedLines(states) : [])])
}
