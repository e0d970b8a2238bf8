/**
 * The map of one key: its entries, which of them differ from what is stored, and how to take back what the current call
 * wrote.
 *
 * I1. `#changed` has every key whose entry differs from what is stored; it may have others after an undo.
 * I2. `rollback` brings back the entries of the last `begin`; within a call every write goes through this cell.
 */
import type { MapKey } from '../record/map-key.ts'

interface OldEntry {
  readonly key: MapKey
  readonly had: boolean
  readonly value: unknown
}

/** Orders keys; negative when `a` comes first. */
export type CompareKeys = (a: MapKey, b: MapKey) => number

/** One key's map. */
export class MapCell {
  readonly #changed = new Set<MapKey>()
  readonly #entries: Map<MapKey, unknown>
  readonly #compare: CompareKeys
  #sorted: MapKey[] | null = null
  readonly #journal: OldEntry[] = []

  constructor(entries: Map<MapKey, unknown>, compare: CompareKeys) {
    this.#entries = entries
    this.#compare = compare
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: MapKey): unknown {
    return this.#entries.get(key)
  }

  has(key: MapKey): boolean {
    return this.#entries.has(key)
  }

  /** In order; the array is the caller's. */
  keys(): MapKey[] {
    this.#sorted ??= [...this.#entries.keys()].sort(this.#compare)
    return [...this.#sorted]
  }

  set(key: MapKey, value: unknown): void {
    this.#note(key)
    this.#entries.set(key, value)
  }

  delete(key: MapKey): void {
    this.#note(key)
    this.#entries.delete(key)
    this.#sorted = null
  }

  /** A call begins: what it writes can be taken back. */
  begin(): void {
    this.#journal.length = 0
  }

  /** Takes back what was written since `begin`. */
  rollback(): void {
    for (const { key, had, value } of this.#journal.reverse()) {
      if (had) this.#entries.set(key, value)
      else this.#entries.delete(key)
    }
    this.#journal.length = 0
    this.#sorted = null
  }

  /** Keys set or deleted since the last time, in order; they count as stored from here on. */
  takeChanged(): readonly MapKey[] {
    const keys = [...this.#changed].sort(this.#compare)
    this.#changed.clear()
    return keys
  }

  #note(key: MapKey): void {
    const had = this.#entries.has(key)
    this.#journal.push({ key, had, value: this.#entries.get(key) })
    this.#changed.add(key)
    if (!had) this.#sorted = null
  }
}

/** A map without entries. */
export function emptyCell(compare: CompareKeys): MapCell {
  return new MapCell(new Map(), compare)
}
