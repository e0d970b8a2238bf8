/** Progress of commands that read or write rows; nothing is said of what takes less than a second. */
import type { Savepoint } from '../savepoint/savepoint.ts'
import { durationText } from './duration.ts'
import type { Session } from './session.ts'
import { count } from './table.ts'

const silentMs = 1000

/** Shows how many rows of how many are done, and how long the others will take. */
export class RowProgress {
  readonly #session: Session
  readonly #name: string
  readonly #startMs: number

  constructor(session: Session, name: string) {
    this.#session = session
    this.#name = name
    this.#startMs = session.clock.monotonicMs()
  }

  /** `what`: whose rows they are, `UID/STATE`. */
  tell(done: number, total: number, what?: string): void {
    const elapsedMs = this.#session.clock.monotonicMs() - this.#startMs
    if (elapsedMs < silentMs) return
    const leftMs = done === 0 ? null : (elapsedMs / done) * (total - done)
    const left = leftMs === null ? '' : `, ${durationText(leftMs)} left`
    const title = what === undefined ? '' : `${what}: `
    this.#session.progress.show({
      name: this.#name,
      text: `${title}${count(done)} of ${count(total)} rows${left}`,
      part: total === 0 ? 1 : done / total,
      data: { event: 'progress', ...(what !== undefined && { state: what }), done, total, leftMs },
    })
  }
}

/** Which states of a savepoint are read: of an operator, by name, or all. */
export interface ReadStates {
  readonly uid?: string | undefined
  readonly state?: string | undefined
}

/** The rows that reading these savepoints takes, as `onRead` tells them. */
export function readingProgress(
  session: Session,
  name: string,
  savepoints: readonly Savepoint[],
  { uid, state }: ReadStates = {},
): (rows: number) => void {
  const progress = new RowProgress(session, name)
  const total = savepoints
    .flatMap(({ manifest }) => manifest.operators)
    .filter(operator => uid === undefined || operator.uid === uid)
    .flatMap(operator => operator.states.filter(each => state === undefined || each.name === state))
    .flatMap(({ layers }) => layers.flatMap(({ segments }) => segments))
    .reduce((sum, { rows }) => sum + rows, 0)
  let done = 0
  return rows => {
    done = Math.min(total, done + rows) // layers hold more rows than what they fold to
    progress.tell(done, total)
  }
}

/** The same for commands that print what they read: beside rows on a terminal there is no place for progress. */
export function printingProgress(
  session: Session,
  ...what: [name: string, savepoints: readonly Savepoint[], states?: ReadStates]
): ((rows: number) => void) | undefined {
  return process.stdout.isTTY ? undefined : readingProgress(session, ...what)
}
