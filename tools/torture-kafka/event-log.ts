/** What happened, with times, in a file that is kept on failure; how often each thing did; and what must not have happened. */
import { appendFileSync } from 'node:fs'

export class EventLog {
  readonly #file: string
  readonly #started = performance.now()
  readonly #counts = new Map<string, number>()
  readonly #failures: string[] = []

  constructor(file: string) {
    this.#file = file
  }

  /** `kind` is counted, the rest is told. */
  note(kind: string, detail = ''): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    this.say(detail === '' ? kind : `${kind}: ${detail}`)
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(3)
    appendFileSync(this.#file, `${seconds.padStart(9)}  ${text}\n`)
  }

  /** Something that may never happen, whatever else goes on: the whole has failed. */
  fail(what: string): void {
    this.#failures.push(what)
    this.say(`FAILED ${what}`)
    console.log(`FAILED ${what}`)
  }

  get failures(): readonly string[] {
    return this.#failures
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }
}
