/**
 * A run that begins again from the newest checkpoint, in the same process, since what it began with is over and nothing is wrong
 * with it: nothing of what it did since then is committed (R3).
 */
import { hasCode, type HeadwaterError } from '../errors.ts'
import type { TaskPlace } from './tasks.ts'

/** Thrown to begin again. */
export class BeginAgain extends Error {
  /** What is told when it does not help. */
  readonly why: HeadwaterError

  constructor(why: HeadwaterError) {
    super(why.message)
    this.why = why
  }
}

/** So often in a row; each time others were faster. */
const mostTimes = 100

/** Runs until it need not begin again. */
export async function untilBegun<T>(attempt: () => Promise<T>): Promise<T> {
  for (let times = 1; ; times++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof BeginAgain)) throw error
      if (times === mostTimes) throw error.why
    }
  }
}

/**
 * What is to be thrown where a task could not commit its first manifest: its generation may have been sealed since it was
 * joined, by a task that saw another one before. Whoever took the number as the same task keeps it.
 */
export async function sealedMeanwhile(error: unknown, task: TaskPlace | null): Promise<unknown> {
  if (task === null || !hasCode(error, 'lost-ownership')) return error
  const head = await task.store.newest()
  const isOver = head === null || head.manifest.kind === 'seal'
  return isOver ? new BeginAgain(error) : error
}
