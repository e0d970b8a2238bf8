/**
 * What people and programs ask of this run, found in its folder of checkpoints while it goes on (TASKS.md, section 1). The
 * loop looks at `pending` between two batches; this only tells it that there is something to look at.
 */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { CheckpointStore } from '../savepoint/checkpoint-store.ts'
import {
  isWaiting,
  makeRequestsFolder,
  readRequests,
  removeRequest,
  requestsFolder,
  type StoreRequest,
} from '../savepoint/requests/requests.ts'
import { ChangeNotice } from '../source/file-log/change-notice.ts'
import type { Warnings } from './warnings.ts'

/** How long it relies on the file system's notices before it looks by itself. */
const pollMs = 1000

/** What a watch needs. */
export interface RequestWatchParts {
  readonly store: Pick<CheckpointStore, 'path' | 'attempt'>
  /** Of the generation of tasks that this run belongs to: what is asked of it is asked of all of them. */
  readonly generation?: string | undefined
  readonly clock: Clock
  readonly warnings: Warnings
}

/** The requests to one run. */
export class RequestWatch {
  readonly #parts: RequestWatchParts
  readonly #ended = new AbortController()
  readonly #answered = new Set<string>()
  #open: readonly StoreRequest[] = []
  #watching: Promise<void> = Promise.resolve()

  constructor(parts: RequestWatchParts) {
    this.#parts = parts
  }

  /** Begins to look, after the run's first manifest; `onRequest` is told when there is something new. */
  start(onRequest: () => void): void {
    this.#watching = this.#watchOn(onRequest)
  }

  /** Those that no manifest has answered yet. */
  get pending(): readonly StoreRequest[] {
    return this.#open.filter(({ id }) => !this.#answered.has(id))
  }

  /** Looks anew whether somebody waits for a stop: one that is pending may have been taken back since (Q3). */
  async isStopAsked(): Promise<boolean> {
    const open = await this.#look().catch(() => this.#open)
    return open.some(({ id, kind }) => kind === 'stop' && !this.#answered.has(id))
  }

  /** What a manifest of this instant says (Q2): of all that are open, those answered before too. */
  answers(): { readonly answers?: readonly string[] } {
    const ids = this.#open.map(({ id }) => id).sort()
    return ids.length === 0 ? {} : { answers: ids }
  }

  /** After the commit of a manifest with these answers. */
  committed({ answers = [] }: { readonly answers?: readonly string[] }): void {
    for (const id of answers) this.#answered.add(id)
  }

  /** Ends it; never throws. */
  async close(): Promise<void> {
    this.#ended.abort()
    await this.#watching
  }

  /** Where the folder can't be made or read now, on a full disk for one, it may be later: nobody else would answer. */
  async #watchOn(onRequest: () => void): Promise<void> {
    const { clock, warnings } = this.#parts
    const { signal } = this.#ended
    while (!signal.aborted) {
      await this.#watch(onRequest).catch(warnings.add)
      await clock.sleep(pollMs, signal)
    }
  }

  async #watch(onRequest: () => void): Promise<void> {
    const { store, clock, warnings } = this.#parts
    const { signal } = this.#ended
    await makeRequestsFolder(store.path)
    await this.#forgetOthers()
    const notice = new ChangeNotice([join(store.path, requestsFolder)], clock, pollMs, signal)
    try {
      while (!signal.aborted) {
        await this.#look().catch(warnings.add) // it may be possible again at the next look
        if (this.pending.length > 0) onRequest()
        await notice.wait()
      }
    } finally {
      notice.close()
    }
  }

  /** Q1: what was asked of former runs. */
  async #forgetOthers(): Promise<void> {
    const { path } = this.#parts.store
    for (const request of await readRequests(path))
      if (!this.#isMeant(request)) await removeRequest(path, request.id)
  }

  #isMeant({ attempt }: StoreRequest): boolean {
    const { store, generation } = this.#parts
    return attempt === store.attempt || attempt === generation
  }

  async #look(): Promise<readonly StoreRequest[]> {
    const { path } = this.#parts.store
    const own = (await readRequests(path)).filter(request => this.#isMeant(request))
    const open = own.filter(isWaiting)
    this.#open = open
    for (const request of own) if (!isWaiting(request)) await removeRequest(path, request.id)
    return open
  }
}
