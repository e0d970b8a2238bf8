/** What failed beside the work and harms no result, such as a file that could not be removed: told, and the run goes on. */
import { messageOf } from '../errors.ts'

/** A store that can't be cleaned says so after each checkpoint; more than these would say nothing new. */
const mostWarnings = 100

/** The warnings of one run, each once. */
export class Warnings {
  readonly #texts = new Set<string>()

  /** For `catch`: what went wrong is told as it tells itself. */
  readonly add = (error: unknown): void => {
    if (this.#texts.size < mostWarnings) this.#texts.add(messageOf(error))
  }

  get texts(): readonly string[] {
    return [...this.#texts]
  }
}
