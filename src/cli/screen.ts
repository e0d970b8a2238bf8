/** The lines of stderr: what stays, and on a terminal the last one, which may be drawn again. */
import type { WriteStream } from 'node:tty'

// eslint-disable-next-line no-control-regex -- this is what a colour is made of
const colourCode = /(\u001b\[\d+m)/

/** Who reads: a person at a terminal, a file or a pipe, a program. */
export type ScreenMode = 'terminal' | 'lines' | 'json'

type Stream = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'hasColors'>>

/** A place for lines. */
export class Screen {
  readonly mode: ScreenMode
  readonly #stream: Stream
  readonly #colours: boolean
  #drawn = false

  constructor(stream: Stream, json: boolean) {
    this.#stream = stream
    this.mode = json ? 'json' : stream.isTTY === true ? 'terminal' : 'lines'
    // Node's own answer heeds NO_COLOR, FORCE_COLOR and TERM.
    this.#colours = this.mode === 'terminal' && stream.hasColors?.() === true
  }

  /** A line that stays. */
  line(text: string): void {
    this.#clear()
    this.#stream.write(`${text}\n`)
  }

  /** Draws the last line anew, cut to the terminal's width so that it stays one line. */
  redraw(text: string): void {
    this.#clear()
    this.#stream.write(cut(text, (this.#stream.columns ?? 80) - 1))
    this.#drawn = true
  }

  /** What was drawn stays. */
  keep(): void {
    if (this.#drawn) this.#stream.write('\n')
    this.#drawn = false
  }

  /** Waits until everything is out; what can't be told stays untold. */
  flush(): Promise<void> {
    return new Promise(resolve => this.#stream.write('', () => resolve()))
  }

  green(text: string): string {
    return this.#coloured(text, 32)
  }

  red(text: string): string {
    return this.#coloured(text, 31)
  }

  #coloured(text: string, colour: number): string {
    return this.#colours && text !== '' ? `\u001b[${colour}m${text}\u001b[39m` : text
  }

  #clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[K')
    this.#drawn = false
  }
}

/** The first `width` visible characters; colours in it cost no width, and are closed. */
function cut(text: string, width: number): string {
  let visible = 0
  let out = ''
  for (const piece of text.split(colourCode)) {
    if (piece.startsWith('\u001b')) {
      out += piece
      continue
    }
    out += piece.slice(0, Math.max(0, width - visible))
    visible += piece.length
  }
  return out
}
