/** Lines to stdout, with back-pressure; a reader that goes away (`| head`) is no error. */
import type { Writable } from 'node:stream'
import { hasErrno, messageOf, unavailable } from '../errors.ts'

/** Where lines go. */
export class Output {
  readonly #stream: Writable
  #broken = false
  /** What happens when the reader went away. */
  onBroken: () => void

  constructor(stream: Writable, onBroken: () => void) {
    this.#stream = stream
    this.onBroken = onBroken
    stream.on('error', error => this.#fail(error))
  }

  /** Writes one line; resolves when more may come. Errors: `unavailable`, code `output-failed`. */
  async line(text: string): Promise<void> {
    await this.lines([text])
  }

  async lines(texts: readonly string[]): Promise<void> {
    if (texts.length > 0) await this.#write(`${texts.join('\n')}\n`)
  }

  /** Lines that are bytes already, each with its end. */
  async bytes(lines: Uint8Array): Promise<void> {
    if (lines.length > 0) await this.#write(lines)
  }

  /** One JSON value on a line of its own. */
  async json(value: unknown): Promise<void> {
    await this.lines([JSON.stringify(value)])
  }

  /** Waits until everything is out. */
  async flush(): Promise<void> {
    await this.#write('')
  }

  #write(text: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return resolve()
      this.#stream.write(text, error => {
        if (error == null || this.#fail(error)) resolve()
        else reject(outputFailed(error))
      })
    })
  }

  /** Whether the reader went away, which is told once. */
  #fail(error: Error): boolean {
    if (!hasErrno(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) return false
    const first = !this.#broken
    this.#broken = true
    if (first) this.onBroken()
    return true
  }
}

function outputFailed(error: Error): Error {
  const remedy = 'make room where the output goes, and run it again'
  return unavailable({
    code: 'output-failed',
    thing: 'stdout',
    found: messageOf(error),
    remedy,
    cause: error,
  })
}
