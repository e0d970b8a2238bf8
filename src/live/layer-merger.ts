/**
 * Folds old layers beside the work, one state at a time, so that a key is never looked for in too many places. What a
 * merge made takes the place of its layers at the next checkpoint; until then nobody sees it.
 */
import { layersToMerge } from '../savepoint/compaction.ts'
import { foldLayers } from '../savepoint/fold.ts'
import type { Layer } from '../savepoint/manifest.ts'
import type { LiveState, StoredState } from './live-state.ts'

/** From so many layers on a checkpoint waits for the merge that is under way: memory and reading stay bounded. */
const manyLayers = 64

interface Merge {
  readonly stored: StoredState
  readonly count: number
  readonly layers: readonly Layer[] | null
}

/** The background merges of a run. */
export class LayerMerger {
  readonly #state: LiveState
  readonly #keyGroups: number
  #running: Promise<Merge> | null = null
  #finished: Merge | null = null
  #failure: { readonly error: unknown } | null = null
  #stopped = false

  constructor(state: LiveState, keyGroups: number) {
    this.#state = state
    this.#keyGroups = keyGroups
  }

  /** To be called at a checkpoint, before the manifest is made: puts a finished merge in place. Throws what a merge threw. */
  async settle(): Promise<void> {
    if (this.#state.states.some(({ layers }) => layers.length >= manyLayers))
      await this.#running?.catch(() => undefined)
    if (this.#failure !== null) throw this.#failure.error
    const finished = this.#finished
    this.#finished = null
    if (finished === null || finished.layers === null) return
    const { stored, layers, count } = finished
    await stored.replace([...layers, ...newerThan(stored, count, layers)])
  }

  /** Begins a merge where one is due and none is under way. */
  start(): void {
    if (this.#running !== null || this.#finished !== null || this.#stopped) return
    const stored = this.#state.states.find(({ layers }) => layersToMerge(layers) !== null)
    if (stored === undefined) return
    const merging = this.#merge(stored)
    this.#running = merging
    merging
      .then(merge => (this.#finished = merge))
      .catch((error: unknown) => (this.#failure = { error }))
      .finally(() => (this.#running = null))
  }

  /** Ends a merge that is under way; what it wrote is removed. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running?.catch(() => undefined)
  }

  async #merge(stored: StoredState): Promise<Merge> {
    const { table, layers } = stored
    const folded = await foldLayers({
      folder: this.#state.store,
      table,
      layers,
      from: layersToMerge(layers) ?? 0,
      keyGroups: this.#keyGroups,
      isStopped: () => this.#stopped,
    })
    return { stored, count: layers.length, layers: folded }
  }
}

/** Layers that were written since; above nothing they would have to be a base, so an empty one is put below. */
function newerThan({ layers }: StoredState, count: number, folded: readonly Layer[]): readonly Layer[] {
  const newer = layers.slice(count)
  return folded.length === 0 && newer.length > 0 ? [{ segments: [] }, ...newer] : newer
}
