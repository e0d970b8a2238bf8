/**
 * Lets a reader wait for a change in some folders without spinning: the file system's notices, with a slow poll as
 * safety net, since notices may be missing (network file systems, too many watchers).
 */
import { watch, type FSWatcher } from 'node:fs'
import type { Clock } from '../../clock.ts'

/** What ended a wait. `names`: files came or went, or nothing was heard for a poll; `content`: a file was written. */
export type Change = 'names' | 'content'

/** Notices of changes in folders. Nothing is watched before the first wait. */
export class ChangeNotice {
  readonly #folders: readonly string[]
  readonly #clock: Clock
  readonly #pollMs: number
  readonly #signal: AbortSignal
  readonly #onAbort: () => void = () => this.#wake?.()
  #watchers: FSWatcher[] | null = null
  /** The change heard since the last wait, and who waits for one. */
  #heard: Change | null = null
  #wake: (() => void) | null = null

  /** Waits end when `signal` aborts. */
  constructor(folders: readonly string[], clock: Clock, pollMs: number, signal: AbortSignal) {
    this.#folders = folders
    this.#clock = clock
    this.#pollMs = pollMs
    this.#signal = signal
  }

  /** Resolves at the next change, at once if one came since the last wait. */
  async wait(): Promise<Change> {
    if (this.#watchers === null) {
      this.#startWatching()
      return 'content' // what came before the watchers stood must be looked for once more
    }
    if (this.#heard === null && !this.#signal.aborted) await this.#sleepUntilHeard()
    const change = this.#heard ?? 'names'
    this.#heard = null
    return change
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    for (const watcher of this.#watchers ?? []) watcher.close()
    this.#watchers = []
  }

  async #sleepUntilHeard(): Promise<void> {
    const awake = new AbortController()
    this.#wake = () => {
      awake.abort()
    }
    await this.#clock.sleep(this.#pollMs, awake.signal)
    this.#wake = null
  }

  #startWatching(): void {
    this.#watchers = []
    this.#signal.addEventListener('abort', this.#onAbort)
    for (const folder of this.#folders) {
      try {
        const watcher = watch(folder, kind => {
          this.#hear(kind === 'rename' ? 'names' : 'content')
        })
        watcher.on('error', () => {
          watcher.close() // the poll goes on without it
        })
        this.#watchers.push(watcher)
      } catch {
        // Not watchable here: the poll alone finds changes.
      }
    }
  }

  #hear(change: Change): void {
    if (this.#heard !== 'names') this.#heard = change
    this.#wake?.()
  }
}
