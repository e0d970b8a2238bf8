/**
 * The main thread's side of decoding: requests go out, Arrow buffers come back, and whatever ends the decode thread
 * becomes an error that names the file and row group.
 *
 * Who owns what: a decoder owns one thread from its first request to `close` or to its first failure.
 * 1. Requests are answered in order; the oldest open one is what the thread is at, and only its deadline runs.
 * 2. After a failure every open and later request fails with the same error, and the thread is ended.
 * 3. The thread keeps the process alive only while a request is open.
 */
import type { Clock } from '../../clock.ts'
import { badData, HeadwaterError, internal, messageOf } from '../../errors.ts'
import type { DecodeMessage, DecodeRequest, FileTrouble } from './decode-protocol.ts'
import { giveThread, takeThread } from './decode-thread.ts'
import type { DecodeThread, ThreadOwner } from './decode-thread.ts'
import { checkUnchanged, fileChanged, unreadable } from './pin.ts'
import type { HistoryFile } from './pin.ts'
import type { Slice } from './slices.ts'
import { batchRows } from './slices.ts'

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

/** A thread that decoded larger pieces than this is not kept: its memory never shrinks. */
const keptThreadBytes = 8 * 1024 * 1024

/** Decodes pieces of files in a thread of its own. */
export class Decoder implements ThreadOwner {
  readonly #clock: Clock
  readonly #deadlineMs: number
  readonly #open: OpenRequest[] = []
  #thread: DecodeThread | null = null
  #largestBytes = 0
  #failure: Error | null = null
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
      this.#thread ??= takeThread(this)
      this.#thread.holdProcess(true) // (3)
      this.#thread.send(requestOf(job))
      this.#largestBytes = Math.max(this.#largestBytes, job.slice.bytes)
      this.#open.push({ job, resolve, reject })
      if (this.#open.length === 1) this.#startTimer()
    })
  }

  /** Gives the thread back, or ends it where it is not idle; open and later requests fail. */
  async close(): Promise<void> {
    const thread = this.#thread
    const isIdle = this.#open.length === 0 && this.#failure === null
    const isKept = thread !== null && isIdle && this.#largestBytes <= keptThreadBytes
    if (isKept) this.#thread = null
    await this.#fail(internal({ code: 'decoder-closed', thing: 'the Parquet decoder' }))
    if (isKept) await giveThread(thread)
  }

  receive(message: DecodeMessage): void {
    switch (message.kind) {
      case 'ready':
        return
      case 'rows':
        return this.#answer(message.ipc)
      case 'refused':
        return void this.#fail(corrupt(this.#open[0]!.job, message.message))
      case 'trouble':
        return void this.#fail(troubleError(this.#open[0]!.job.file, message.trouble))
    }
  }

  /** The thread is gone: on a trap, unless the file changed under it. */
  ended(cause: unknown, wasReady: boolean): void {
    const request = this.#open[0]
    if (this.#failure || !request) return
    if (wasReady) return void this.#failTrapped(request.job, cause)
    const found = messageOf(cause)
    void this.#fail(internal({ code: 'decoder-failed', thing: 'the Parquet decoder', found, cause }))
  }

  async #failTrapped(job: DecodeJob, cause: unknown): Promise<void> {
    const changed = await checkUnchanged(job.file).catch((error: unknown) => error)
    await this.#fail(changed instanceof HeadwaterError ? changed : corrupt(job, messageOf(cause), cause))
  }

  #answer(ipc: Uint8Array): void {
    this.#timer.abort()
    this.#open.shift()?.resolve(ipc) // (1)
    if (this.#open.length > 0) this.#startTimer()
    else this.#thread?.holdProcess(false) // (3)
  }

  #startTimer(): void {
    const request = this.#open[0]!
    const timer = (this.#timer = new AbortController())
    const ms = this.#deadlineMs + Math.ceil(request.job.slice.bytes / 16_384)
    const expire = async (): Promise<void> => {
      await this.#clock.sleep(ms, timer.signal)
      // The main thread may have been busy for longer than that, and the answer waiting: let it be heard first.
      for (let turn = 0; turn < 3 && !timer.signal.aborted; turn++) await this.#clock.sleep(1, timer.signal)
      if (!timer.signal.aborted) await this.#fail(corrupt(request.job, `no result within ${ms} ms`))
    }
    void expire()
  }

  async #fail(error: Error): Promise<void> {
    if (this.#failure) return
    this.#failure = error // (2)
    this.#timer.abort()
    for (const { reject } of this.#open.splice(0)) reject(error)
    await this.#thread?.end()
  }
}

function requestOf({ file, slice, columns }: DecodeJob): DecodeRequest {
  const { rowGroup, firstRow, rows } = slice
  const { absolutePath: path, mark } = file
  return { kind: 'decode', path, mark, rowGroup, firstRow, rows, columns, batchRows }
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
