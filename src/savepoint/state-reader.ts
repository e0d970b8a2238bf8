/**
 * Reads the entries of given keys, which is how a live job uses a savepoint: opening costs nothing, a fetch reads the
 * blocks that may hold its keys, each once. The newest layer is asked first, and older ones for what is still open.
 */
import { entryKeyType, type StateSchema } from '../state/state.ts'
import { BlockCache } from './block-cache.ts'
import { findState, segmentFiles, type StoredState } from './find-state.ts'
import { keyRequests, type KeyRequest } from './key-requests.ts'
import { lookUp } from './layer-lookup.ts'
import { ListLookup } from './list-lookup.ts'
import { MapLookup } from './map-lookup.ts'
import type { Savepoint } from './savepoint.ts'
import type { SegmentFile } from './segment-file.ts'
import type { EntryCollector, StoredEntry } from './stored-entry.ts'
import { ValueLookup } from './value-lookup.ts'

/** A state of a savepoint, open for reading by key. */
export interface StateReader {
  /**
   * The entries of the keys, in the order of the keys. A key's group is given with it, as the caller knows it. Several
   * fetches may be under way. Errors: `data`, codes `missing-segment`, `corrupt-segment`, `corrupt-index`, `list-gap`;
   * `unavailable`.
   */
  fetch(keys: readonly KeyRequest[]): Promise<readonly StoredEntry[]>
  /**
   * Goes on with the layers of a newer checkpoint in the same folder: fetches from here on see them. What both share
   * stays open and in memory. Errors: `invalid`, code `unknown-state`.
   */
  advance(savepoint: Savepoint): void
  /** Waits for fetches under way, then lets go of the files. */
  close(): Promise<void>
}

/** How to read. */
export interface ReaderOptions {
  /** Decoded blocks (of about 32 KiB) that are kept for later fetches. Default 1024. */
  readonly cachedBlocks?: number
}

/** Opens a state; nothing is read yet. Errors: `invalid`, code `unknown-state`. */
export function openStateReader(
  savepoint: Savepoint,
  uid: string,
  state: string,
  options: ReaderOptions = {},
): StateReader {
  return new LayeredReader(savepoint.folder, findState(savepoint, uid, state), options.cachedBlocks ?? 1024)
}

function collectorFor(state: StateSchema, requests: number): EntryCollector {
  const entryKey = entryKeyType(state)
  if (entryKey !== null) return new MapLookup(requests, entryKey)
  return state.kind === 'list' ? new ListLookup(requests, state.name) : new ValueLookup(requests)
}

class LayeredReader implements StateReader {
  readonly #state: StoredState
  readonly #cache: BlockCache
  readonly #fetches = new Set<Promise<unknown>>()
  /** By name. */
  #segments = new Map<string, SegmentFile>()
  /** Newest first. */
  #layers: readonly (readonly SegmentFile[])[]

  constructor(folder: string, state: StoredState, cachedBlocks: number) {
    this.#state = state
    this.#cache = new BlockCache(cachedBlocks)
    this.#layers = this.#open(folder, state)
  }

  async fetch(keys: readonly KeyRequest[]): Promise<readonly StoredEntry[]> {
    const fetch = this.#fetch(keys)
    this.#fetches.add(fetch)
    try {
      return await fetch
    } finally {
      this.#fetches.delete(fetch)
    }
  }

  advance(savepoint: Savepoint): void {
    const { table } = this.#state
    const before = this.#segments
    this.#layers = this.#open(savepoint.folder, findState(savepoint, table.uid, table.state.name))
    const dropped = [...before.values()].filter(segment => this.#segments.get(segment.info.name) !== segment)
    void this.#close(dropped)
  }

  async close(): Promise<void> {
    await this.#close([...this.#segments.values()])
  }

  /** The segments of the layers, newest first, those that are open already among them. */
  #open(folder: string, state: StoredState): readonly (readonly SegmentFile[])[] {
    const known = this.#segments
    const layers = state.layers.map((_, layer) =>
      segmentFiles(folder, state, layer).map(segment => {
        const open = known.get(segment.info.name)
        return open?.path === segment.path ? open : segment
      }),
    )
    this.#segments = new Map(layers.flat().map(segment => [segment.info.name, segment]))
    return layers.reverse()
  }

  /** Fetches under way may still read them. */
  async #close(segments: readonly SegmentFile[]): Promise<void> {
    await Promise.allSettled(this.#fetches)
    await Promise.all(segments.map(segment => segment.close()))
  }

  async #fetch(keys: readonly KeyRequest[]): Promise<readonly StoredEntry[]> {
    const { key, state } = this.#state.table
    const layers = this.#layers
    const requests = keyRequests(key, keys)
    const manyRows = state.kind === 'list' || state.kind === 'map'
    const collector = collectorFor(state, requests.length)
    let pending: readonly number[] = Array.from(keys, (_, i) => i)
    for (const segments of layers) {
      if (pending.length === 0) break
      await lookUp(segments, pending, { requests, manyRows, visitor: collector.layer() }, this.#cache)
      pending = collector.stillOpen(pending)
    }
    return collector.entries()
  }
}
