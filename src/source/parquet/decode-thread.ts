/**
 * The decode worker as a thread that is owned by one decoder at a time. Starting one takes 100 ms and more, so a healthy
 * one that has not grown large waits for the next decoder instead of ending: it keeps no file open, and no process alive.
 */
import { Worker } from 'node:worker_threads'
import type { DecodeMessage, DecodeOrder } from './decode-protocol.ts'

/** Who hears what the thread says. */
export interface ThreadOwner {
  receive(message: DecodeMessage): void
  /** The thread is gone without being asked; `wasReady` false where it never got to loading its program. */
  ended(cause: unknown, wasReady: boolean): void
}

let spare: DecodeThread | null = null

/** A thread for that owner: the one that waits, or a new one. */
export function takeThread(owner: ThreadOwner): DecodeThread {
  const thread = spare ?? new DecodeThread(decodeWorkerUrl())
  spare = null
  thread.owner = owner
  return thread
}

/** Takes back a thread that works and has nothing to do. */
export async function giveThread(thread: DecodeThread): Promise<void> {
  if (spare !== null) return thread.end()
  spare = thread
  thread.owner = null
  thread.send({ kind: 'rest' })
  thread.holdProcess(false)
}

/** A running decode worker. */
export class DecodeThread {
  owner: ThreadOwner | null = null
  readonly #worker: Worker
  #isReady = false

  constructor(program: URL) {
    this.#worker = new Worker(program, { name: 'headwater-decode' })
    let cause: unknown = null
    this.#worker.on('message', (message: DecodeMessage) => {
      if (message.kind === 'ready') this.#isReady = true
      this.owner?.receive(message)
    })
    this.#worker.on('error', error => (cause = error))
    this.#worker.on('exit', code => {
      if (spare === this) spare = null
      this.owner?.ended(cause ?? new Error(`it exited with code ${code}`), this.#isReady)
    })
  }

  send(order: DecodeOrder): void {
    this.#worker.postMessage(order)
  }

  /** Whether the thread keeps the process alive. */
  holdProcess(hold: boolean): void {
    if (hold) this.#worker.ref()
    else this.#worker.unref()
  }

  async end(): Promise<void> {
    this.owner = null
    await this.#worker.terminate()
  }
}

/**
 * The worker's program. The build lays all its files flat into one folder, so that `decode-worker.js` is beside whatever
 * chunk this function ended up in; in the sources it is `decode-worker.ts`, for which Node needs a TypeScript loader that
 * works in workers.
 */
function decodeWorkerUrl(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`./decode-worker.${extension}`, import.meta.url)
}
