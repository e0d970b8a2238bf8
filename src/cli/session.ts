/** What a command is run with, beside its words. */
import { systemClock, type Clock } from '../clock.ts'
import { stopOnInterrupt } from './interrupts.ts'
import { Output } from './output.ts'
import { ProgressView } from './progress.ts'
import { Screen } from './screen.ts'

/** The surroundings of one command. */
export class Session {
  /** Whether the reader is a program. */
  readonly json: boolean
  /** Results: stdout. */
  readonly out: Output
  /** Everything else: stderr. */
  readonly screen: Screen
  readonly progress: ProgressView
  readonly clock: Clock
  /** What a command that did its work ends with; `diff` says with 1 that it found differences. */
  exitCode = 0
  readonly #stopping = new AbortController()
  #listens = false

  constructor(json: boolean, clock: Clock = systemClock) {
    this.json = json
    this.clock = clock
    this.out = new Output(process.stdout, () => process.exit(0))
    this.screen = new Screen(process.stderr, json)
    this.progress = new ProgressView(this.screen, clock)
  }

  /** Aborts at the first Ctrl-C or SIGTERM; asked for by commands that can stop cleanly. */
  stopSignal(): AbortSignal {
    if (!this.#listens) stopOnInterrupt(this.#stopping, () => this.#tell())
    this.#listens = true
    return this.#stopping.signal
  }

  /** Stops the command as an interrupt would. */
  readonly stop = (): void => this.#stopping.abort()

  #tell(): void {
    this.progress.note('stopping; once more to stop at once', { event: 'stopping' })
  }
}
