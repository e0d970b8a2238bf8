/** A savepoint as a command's result. */
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { Session } from './session.ts'

/** Prints it: everything as JSON, or as tables. */
export async function printSavepoint(session: Session, savepoint: Savepoint): Promise<void> {
  if (session.json) return session.out.json(savepoint)
  const { savepointLines } = await import('./savepoint-text.ts')
  await session.out.lines(savepointLines(savepoint))
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
