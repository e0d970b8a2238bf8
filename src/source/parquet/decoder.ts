/**
 * The main thread's side of the decode worker: requests go out, Arrow buffers come back, and whatever ends the worker
 * becomes an error that names the file and row group.
 *
 * Who owns what: a decoder owns one worker, started with the first request and ended by `close` or by the first failure.
 * 1. Requests are answered in order; the oldest open one is what the worker is at, and only its deadline runs.
 * 2. After a failure every open and later request fails with the same error: a decoder is not used again.
 * 3. The worker keeps the process alive only while a request is open.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../clock.ts'
import { badData, HeadwaterError, internal, messageOf } from '../../errors.ts'
import type { DecodeMessage, DecodeRequest, FileTrouble } from './decode-protocol.ts'
import { checkUnchanged, fileChanged, unreadable } from './pin.ts'
import type { HistoryFile } from './pin.ts'
import type { Slice } from './slices.ts'
import { batchRows } from './slices.ts'
import { decodeWorkerUrl } from './worker-location.ts'

/** One piece to decode. */
export interface DecodeJob {
  readonly file: HistoryFile
  readonly slice: Slice
  /** Names in the file; null for all. */
  readonly columns: readonly string[] | null
}

interface OpenRequest {
  readonly job: DecodeJob
  readonly resolve: (ipc: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Decodes pieces of files in a worker. */
export class Decoder {
  readonly #clock: Clock
  readonly #deadlineMs: number
  readonly #open: OpenRequest[] = []
  #worker: Worker | null = null
  #ready = false
  #failure: Error | null = null
  #trouble: FileTrouble | null = null
  #timer = new AbortController()

  /** `deadlineMs`: how long one piece may take, beside 1 ms per 16 KiB of it. */
  constructor(clock: Clock, deadlineMs: number) {
    this.#clock = clock
    this.#deadlineMs = deadlineMs
  }

  /**
   * The rows of the piece as an Arrow IPC stream. Errors: `data` `corrupt-file`, `conflict` `file-changed`,
   * `unavailable` `unreadable-file`.
   */
  decode(job: DecodeJob): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure)
      const worker = (this.#worker ??= this.#start())
      worker.ref() // (3)
      worker.postMessage(requestOf(job))
      this.#open.push({ job, resolve, reject })
      if (this.#open.length === 1) this.#startTimer()
    })
  }

  /** Ends the worker; open requests fail. */
  async close(): Promise<void> {
    await this.#fail(internal({ code: 'decoder-closed', thing: 'the Parquet decoder' }))
  }

  #start(): Worker {
    const worker = new Worker(decodeWorkerUrl(), { name: 'headwater-decode' })
    worker.on('message', (message: DecodeMessage) => this.#receive(message))
    let cause: unknown = null
    worker.on('error', error => (cause = error))
    worker.on('exit', code => void this.#ended(cause ?? new Error(`it exited with code ${code}`)))
    return worker
  }

  #receive(message: DecodeMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#ready = true
        return
      case 'rows':
        return this.#answer(message.ipc)
      case 'refused':
        return void this.#fail(corrupt(this.#open[0]!.job, message.message))
      case 'trouble':
        this.#trouble = message.trouble
        return void this.#fail(troubleError(this.#open[0]!.job.file, message.trouble))
    }
  }

  #answer(ipc: Uint8Array): void {
    this.#timer.abort()
    this.#open.shift()?.resolve(ipc) // (1)
    if (this.#open.length > 0) this.#startTimer()
    else this.#worker?.unref() // (3)
  }

  #startTimer(): void {
    const request = this.#open[0]!
    const timer = (this.#timer = new AbortController())
    const ms = this.#deadlineMs + Math.ceil(request.job.slice.bytes / 16_384)
    const expire = async (): Promise<void> => {
      await this.#clock.sleep(ms, timer.signal)
      // The main thread may have been busy for longer than that, and the answer waiting: let it be heard first.
      for (let turn = 0; turn < 3 && !timer.signal.aborted; turn++) await this.#clock.sleep(1, timer.signal)
      if (timer.signal.aborted || this.#open[0] !== request) return
      await this.#fail(corrupt(request.job, `no result within ${ms} ms`))
    }
    void expire()
  }

  /** The worker is gone without being asked: on a trap, unless something else explains it. */
  async #ended(cause: unknown): Promise<void> {
    const request = this.#open[0]
    if (this.#failure || !request) return
    const { file } = request.job
    if (!this.#ready) {
      return this.#fail(
        internal({ code: 'decoder-failed', thing: 'the Parquet decoder', found: messageOf(cause), cause }),
      )
    }
    if (this.#trouble) return this.#fail(troubleError(file, this.#trouble))
    const changed = await checkUnchanged(file).catch((error: unknown) => error)
    await this.#fail(
      changed instanceof HeadwaterError ? changed : corrupt(request.job, messageOf(cause), cause),
    )
  }

  async #fail(error: Error): Promise<void> {
    if (this.#failure) return
    this.#failure = error // (2)
    this.#timer.abort()
    for (const { reject } of this.#open.splice(0)) reject(error)
    await this.#worker?.terminate()
  }
}

function requestOf({ file, slice, columns }: DecodeJob): DecodeRequest {
  const { rowGroup, firstRow, rows } = slice
  return { path: file.absolutePath, mark: file.mark, rowGroup, firstRow, rows, columns, batchRows }
}

function troubleError(file: HistoryFile, trouble: FileTrouble): Error {
  switch (trouble.kind) {
    case 'gone':
      return fileChanged(file, null)
    case 'changed':
      return fileChanged(file, trouble.found ?? 'other bytes')
    case 'io':
      return unreadable(file.pinned.path, new Error(trouble.message))
  }
}

/** `data` `corrupt-file`: the decoder can't make rows of this row group. */
export function corrupt(
  { file, slice }: Pick<DecodeJob, 'file' | 'slice'>,
  found: string,
  cause?: unknown,
): Error {
  const thing = `${file.pinned.path} row group ${slice.rowGroup}`
  const remedy = 'restore the file from its origin, or leave it out of the pattern'
  return badData({ code: 'corrupt-file', thing, expected: 'rows that can be decoded', found, remedy, cause })
}
