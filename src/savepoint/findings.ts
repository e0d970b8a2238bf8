/** What a check found, collected instead of thrown: a damaged savepoint is described in full. */
import { HeadwaterError } from '../errors.ts'

/** `error`: contents are damaged or contradict each other · `warning`: nothing is lost, but it is not as written. */
export type FindingLevel = 'error' | 'warning'

/** One thing that is not as it should be. */
export interface Finding {
  readonly level: FindingLevel
  /** The file, and the place in it. */
  readonly where: string
  readonly what: string
}

/** A list of findings that is being filled. */
export class Findings {
  readonly all: Finding[] = []
  #errors = 0

  get errors(): number {
    return this.#errors
  }

  error(where: string, what: string): void {
    this.#errors++
    this.all.push({ level: 'error', where, what })
  }

  warning(where: string, what: string): void {
    this.all.push({ level: 'warning', where, what })
  }

  /** Runs a check; an error of ours, but for a wrong call or a place that is away, becomes a finding. Null then. */
  async collect<T>(check: () => Promise<T>): Promise<T | null> {
    try {
      return await check()
    } catch (error) {
      this.caught(error)
      return null
    }
  }

  /** The same for an error that was caught: it is a finding, or thrown again. */
  caught(error: unknown): void {
    if (!(error instanceof HeadwaterError) || error.kind === 'unavailable') throw error
    const { code, thing, expected, found } = error
    const facts = [code, expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean)
    this.error(thing, facts.join(', '))
  }
}
