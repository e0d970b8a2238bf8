/**
 * What fails beside the work of a run and harms no result: old checkpoints that can't be removed, layers that can't be
 * brought together on a full disk. The run goes on and tries again at every checkpoint; whoever watches it is told what
 * fails, how often, and whether it still does. A conflict is no such thing: the store is somebody else's, and the run stops.
 */
import { HeadwaterError, messageOf } from '../errors.ts'
import type { RunWarning, SideTask } from './live.ts'

/** The warnings of one run, one a task and kind of failure. */
export class Warnings {
  readonly #known = new Map<string, RunWarning>()
  #conflict: HeadwaterError | null = null

  /** For `catch` of what is no task of its own. */
  readonly add = (error: unknown): void => this.failed('other', error)

  /** For `catch` of a task. */
  failing(task: SideTask): (error: unknown) => void {
    return error => this.failed(task, error)
  }

  failed(task: SideTask, error: unknown): void {
    if (error instanceof HeadwaterError && error.kind === 'conflict') this.#conflict ??= error
    const code = error instanceof HeadwaterError ? error.code : 'internal'
    const name = `${task} ${code}`
    const count = (this.#known.get(name)?.count ?? 0) + 1
    this.#known.set(name, { task, code, message: messageOf(error), count, ongoing: true })
  }

  /** It succeeded: what failed before is over. */
  worked(task: SideTask): void {
    for (const [name, warning] of this.#known)
      if (warning.task === task && warning.ongoing) this.#known.set(name, { ...warning, ongoing: false })
  }

  get all(): readonly RunWarning[] {
    return [...this.#known.values()]
  }

  /** Throws the conflict that was met, if any. */
  check(): void {
    if (this.#conflict !== null) throw this.#conflict
  }
}
