/**
 * Progress on stderr: a bar that is drawn over itself on a terminal, plain lines from time to time where nobody looks,
 * JSON lines for programs. The first and the last word about each thing are always said.
 */
import type { Clock } from '../clock.ts'
import type { Screen } from './screen.ts'

/** How far one thing is. */
export interface Progress {
  /** What is being done: a change of it begins another line. */
  readonly name: string
  readonly text: string
  /** From 0 to 1; null where there is no end to come to. */
  readonly part: number | null
  /** For `--json`. */
  readonly data: Readonly<Record<string, unknown>>
}

const barMs = 100
const lineMs = 2000
const barWidth = 24

/** Shows progress; told often, it speaks seldom. */
export class ProgressView {
  readonly #screen: Screen
  readonly #clock: Clock
  readonly #everyMs: number
  #name: string | null = null
  #unsaid: Progress | null = null
  #saidMs = -Infinity

  constructor(screen: Screen, clock: Clock) {
    this.#screen = screen
    this.#clock = clock
    this.#everyMs = screen.mode === 'terminal' ? barMs : lineMs
  }

  show(progress: Progress): void {
    const now = this.#clock.monotonicMs()
    if (progress.name !== this.#name) this.#begin(progress.name)
    else if (progress.part !== 1 && now - this.#saidMs < this.#everyMs) {
      this.#unsaid = progress
      return
    }
    this.#unsaid = null
    this.#saidMs = now
    this.#say(progress)
  }

  /** Says what is still unsaid, and leaves the terminal's line. */
  end(): void {
    if (this.#unsaid) this.#say(this.#unsaid)
    this.#unsaid = null
    this.#name = null
    this.#screen.keep()
  }

  /** One line that stays. */
  note(text: string, data: Progress['data']): void {
    this.end()
    if (this.#screen.mode === 'json') this.#screen.line(JSON.stringify(data))
    else this.#screen.line(text)
  }

  #begin(name: string): void {
    this.end()
    this.#name = name
  }

  #say(progress: Progress): void {
    switch (this.#screen.mode) {
      case 'terminal':
        this.#screen.redraw(`${bar(progress.part, this.#screen)}${progress.text}`)
        return
      case 'lines':
        this.#screen.line(progress.text)
        return
      case 'json':
        this.#screen.line(JSON.stringify(progress.data))
    }
  }
}

function bar(part: number | null, screen: Screen): string {
  if (part === null) return ''
  const full = Math.round(Math.min(1, Math.max(0, part)) * barWidth)
  return `${screen.green('█'.repeat(full))}${'░'.repeat(barWidth - full)} `
}
