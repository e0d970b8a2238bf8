/** A savepoint as a command's result. */
import type { HeadwaterError } from '../errors.ts'
import type { StateContents } from '../savepoint/contents.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { Reader } from './savepoint-text.ts'
import type { Session } from './session.ts'

/** Prints what the manifest says: everything as JSON, or as tables. */
export async function printSavepoint(session: Session, savepoint: Savepoint): Promise<void> {
  if (session.json) return session.out.json(savepoint)
  await session.out.lines(await shownLines(session, savepoint, [], []))
}

/** All about a savepoint and about the states that were read. */
export async function shownLines(
  session: Session,
  savepoint: Savepoint,
  contents: readonly StateContents[],
  unreadable: readonly HeadwaterError[],
): Promise<readonly string[]> {
  const [{ savepointLines, surroundingLines }, { keysLines, statesLines }] = await Promise.all([
    import('./savepoint-text.ts'),
    import('./contents-text.ts'),
  ])
  return [
    ...savepointLines(savepoint, await readerOf(session)),
    '',
    ...statesLines(savepoint.manifest, contents),
    ...unreadable.map(error => `  not readable: ${error.message}`),
    ...surroundingLines(savepoint),
    ...keysLines(contents),
  ]
}

/** Whether a person reads at once, at a terminal. */
export async function readerOf({ clock }: Session): Promise<Reader> {
  const { paintFor } = await import('./paint.ts')
  return { paint: paintFor(), nowMs: process.stdout.isTTY ? clock.now() : null }
}

/** What a SAVEPOINT argument may be. */
export const savepointArgument = {
  name: 'SAVEPOINT',
  text: 'a savepoint folder, a folder of checkpoints (its newest), or a manifest file',
} as const

/** Which state a command is about. */
export const stateArguments = [
  { name: 'UID', text: 'the operator' },
  { name: 'STATE', text: 'the name of the state' },
] as const

/** What a JOB argument may be. */
export const jobArgument = {
  name: 'JOB',
  text: 'a .ts or .js file that exports a job; FILE#NAME where it exports several',
} as const
