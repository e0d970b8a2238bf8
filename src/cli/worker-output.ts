/**
 * What the workers of a run print: the main thread writes it, and says when that was done, or why it could not be. A worker's own
 * standard output says neither: who went away is waited for, and what a full disk lost counts as printed.
 */
import { Writable } from 'node:stream'
import { messageOf } from '../errors.ts'
import type { Printed } from './worker-messages.ts'

/** A worker's end of it. */
export class WorkerOutput {
  /** Takes one piece at a time. */
  readonly stream: Writable
  #done: (error?: Error) => void = () => undefined

  /** `print`: sends a piece of text to the main thread. */
  constructor(print: (text: string) => void) {
    this.stream = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        this.#done = done
        print(text)
      },
    })
  }

  /** The main thread's answer. */
  printed({ failure }: Printed): void {
    const { code, message } = failure ?? {}
    this.#done(message === undefined ? undefined : Object.assign(new Error(message), { code }))
  }
}

/** The main thread's: writes a piece, and tells what became of it. */
export function printFor(
  text: string,
  stream: NodeJS.WritableStream,
  tell: (printed: Printed) => void,
): void {
  stream.write(text, error => {
    const code = (error as NodeJS.ErrnoException | null | undefined)?.code
    tell({ kind: 'printed', failure: error ? { code, message: messageOf(error) } : null })
  })
}
