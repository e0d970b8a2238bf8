/** Results as lines of JSON on standard output: at-least-once, since nothing that was printed can be taken back. */
import { jsonEncoder } from '../codec/json.ts'
import { hasErrno } from '../errors.ts'
import type { Field } from '../record/record.ts'
import type { OpenSink, Sink, SinkState } from './sink.ts'
import { sinkFault } from './sink-fault.ts'

/** Where `stdout` prints. */
export interface StdoutOptions {
  /** Default: the process's own. */
  readonly stream?: NodeJS.WritableStream
  /** Called once when the reader of the pipe went away (`| head`): nobody wants more, so a run may stop. */
  readonly onBrokenPipe?: () => void
}

/**
 * A sink that prints each record as one line of JSON; a broken pipe is success. After a crash records since the last
 * checkpoint are printed again.
 */
export function stdout(options: StdoutOptions = {}): Sink<'at-least-once'> {
  return {
    name: 'stdout',
    guarantee: 'at-least-once',
    open: async (_state, fields) => new OpenStdout(options, fields),
  }
}

class OpenStdout implements OpenSink {
  readonly #stream: NodeJS.WritableStream
  readonly #encode: (record: Readonly<Record<string, unknown>>) => string
  readonly #onBrokenPipe: () => void
  #broken = false

  constructor(
    { stream = process.stdout, onBrokenPipe = () => undefined }: StdoutOptions,
    fields: readonly Field[] | null,
  ) {
    this.#stream = stream
    this.#encode = jsonEncoder(fields)
    this.#onBrokenPipe = onBrokenPipe
    // The write's own callback reports what fails; without a listener the event would end the process.
    if (!stream.listeners('error').includes(leaveToCallback)) stream.on('error', leaveToCallback)
  }

  async write(records: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    if (this.#broken || records.length === 0) return
    const text = records.map(record => `${this.#encode(record)}\n`).join('')
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, error => {
        if (!error) resolve()
        else if (!hasErrno(error, 'EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'))
          reject(sinkFault(error, 'stdout'))
        else resolve(this.#pipeBroke())
      })
    })
  }

  async prepare(): Promise<SinkState> {
    return null
  }

  async committed(): Promise<void> {
    // Nothing to settle: what was printed is out.
  }

  async close(): Promise<void> {
    // The process's own stream stays open for others.
  }

  #pipeBroke(): void {
    if (!this.#broken) this.#onBrokenPipe()
    this.#broken = true
  }
}

function leaveToCallback(): void {
  // Deliberately empty.
}
