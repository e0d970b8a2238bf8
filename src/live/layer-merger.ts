/**
 * Folds old layers beside the work, one state at a time, so that a key is never looked for in too many places. What a
 * merge made takes the place of its layers at the next checkpoint; until then nobody sees it.
 *
 * A merge that the disk refused harms nothing: the layers stay as they are, and it is tried again after a while, which
 * doubles. What was read and is damaged, and layers that grow too many meanwhile, stop the run.
 */
import { HeadwaterError } from '../errors.ts'
import { layersToMerge } from '../savepoint/compaction.ts'
import { foldLayers } from '../savepoint/fold.ts'
import type { Layer } from '../savepoint/manifest.ts'
import type { LiveState, StoredState } from './live-state.ts'
import type { Warnings } from './warnings.ts'

/** From so many layers on a checkpoint waits for the merge that is under way: memory and reading stay bounded. */
const manyLayers = 64
/** With so many a run does not go on while merges fail. */
const mostLayers = 256
/** Checkpoints between two tries, at most. */
const longestPause = 16

interface Merge {
  readonly stored: StoredState
  readonly count: number
  readonly layers: readonly Layer[] | null
}

/** The background merges of a run. */
export class LayerMerger {
  readonly #state: LiveState
  readonly #keyGroups: number
  readonly #warnings: Warnings
  #running: Promise<unknown> | null = null
  #finished: Merge | null = null
  /** Of the last merge; null when it succeeded. */
  #failure: { readonly error: unknown } | null = null
  /** Checkpoints that pass after a failure before the next try, and those still to pass. */
  #pause = 1
  #waiting = 0
  #stopped = false

  constructor(state: LiveState, keyGroups: number, warnings: Warnings) {
    this.#state = state
    this.#keyGroups = keyGroups
    this.#warnings = warnings
  }

  /** To be called at a checkpoint, before the manifest is made: puts a finished merge in place. Throws what must stop the run. */
  async settle(): Promise<void> {
    if (this.#hasLayers(manyLayers)) await this.#running
    const failure = this.#failure
    if (failure !== null && (!isPassing(failure.error) || this.#hasLayers(mostLayers))) throw failure.error
    const finished = this.#finished
    this.#finished = null
    if (finished === null || finished.layers === null) return
    const { stored, layers, count } = finished
    await stored.replace([...layers, ...newerThan(stored, count, layers)])
  }

  /** Begins a merge where one is due and none is under way. */
  start(): void {
    if (this.#running !== null || this.#finished !== null || this.#stopped) return
    const stored = this.#state.states.find(each => mergeFrom(each) !== null)
    if (stored === undefined || this.#waiting-- > 0) return
    this.#running = this.#merge(stored)
      .then(
        merge => this.#succeeded(merge),
        (error: unknown) => this.#failed(error),
      )
      .finally(() => (this.#running = null))
  }

  /** Ends a merge that is under way; what it wrote is removed. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #merge(stored: StoredState): Promise<Merge> {
    const { table, layers } = stored
    const folded = await foldLayers({
      folder: this.#state.store,
      table,
      layers,
      from: mergeFrom(stored) ?? 0,
      keyGroups: this.#keyGroups,
      isStopped: () => this.#stopped,
    })
    return { stored, count: layers.length, layers: folded }
  }

  #succeeded(merge: Merge): void {
    this.#finished = merge
    this.#failure = null
    this.#pause = 1
    this.#waiting = 0
    this.#warnings.worked('compaction')
  }

  #failed(error: unknown): void {
    this.#failure = { error }
    this.#warnings.failed('compaction', error)
    this.#waiting = this.#pause
    this.#pause = Math.min(2 * this.#pause, longestPause)
  }

  #hasLayers(count: number): boolean {
    return this.#state.states.some(({ layers }) => layers.length >= count)
  }
}

/** The first layer to be merged with all that are newer. What other tasks stand on counts as the base, and is left alone. */
function mergeFrom({ layers, shared }: StoredState): number | null {
  if (shared === 0) return layersToMerge(layers)
  const from = layersToMerge(layers.slice(shared - 1))
  return from === null ? null : shared - 1 + Math.max(1, from)
}

/** A full disk and the like: it may be possible again. */
function isPassing(error: unknown): boolean {
  return error instanceof HeadwaterError && error.kind === 'unavailable'
}

/** Layers that were written since; above nothing they would have to be a base, so an empty one is put below. */
function newerThan({ layers }: StoredState, count: number, folded: readonly Layer[]): readonly Layer[] {
  const newer = layers.slice(count)
  return folded.length === 0 && newer.length > 0 ? [{ segments: [] }, ...newer] : newer
}
