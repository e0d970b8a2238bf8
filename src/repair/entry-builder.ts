/** Entries of single keys as columns. */
import { columnBuilder, type ColumnBuilder } from '../codec/column-builder.ts'
import { keyCodec, type Key, type KeyCodec } from '../record/key.ts'
import { entryKeyType, entryType } from '../state/state.ts'
import type { MapKey } from '../record/map-key.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import type { LayerPlace } from '../savepoint/segment-columns.ts'
import type { StoredEntry } from '../savepoint/stored-entry.ts'

/** Takes the entries in the order of their keys; values were checked. */
export class EntryBuilder {
  readonly #table: StateTable
  readonly #codec: KeyCodec
  readonly #isDelta: boolean
  readonly #keys: readonly ColumnBuilder[]
  readonly #value: ColumnBuilder
  readonly #mapKey: ColumnBuilder | null
  #groups: number[] = []
  #index: number[] = []
  #tombstones: number[] = []

  /** `delta`: entries go over older ones, and `absent` removes. In a base it is nothing. */
  constructor(table: StateTable, place: LayerPlace) {
    this.#table = table
    this.#codec = keyCodec(table.key)
    this.#isDelta = place === 'delta'
    this.#keys = table.key.fields.map(field => columnBuilder(field.type))
    this.#value = columnBuilder(entryType(table.state))
    const mapKey = entryKeyType(table.state)
    this.#mapKey = mapKey && columnBuilder(mapKey)
  }

  /** Rows taken since the last `finish`. */
  get length(): number {
    return this.#groups.length
  }

  /** Adds what a key has, instead of all that it had. */
  add(group: number, key: Key, entry: StoredEntry): void {
    const { kind } = this.#table.state
    if (this.#isDelta && (kind === 'list' || kind === 'map' || entry.kind === 'absent')) {
      this.#tombstones.push(this.length)
      this.#row(group, key, null, 0)
    }
    if (entry.kind === 'value') this.#row(group, key, entry.value, 0)
    if (entry.kind === 'map') {
      for (const [name, value] of entry.entries) this.#row(group, key, value, 0, name)
    }
    if (entry.kind === 'list') {
      for (const [place, element] of entry.elements.entries()) this.#row(group, key, element, place)
    }
  }

  /** The rows since the last one; null when there are none. */
  finish(): EntryRows | null {
    const { length } = this
    if (length === 0) return null
    const rows: EntryRows = {
      length,
      keyGroups: Uint16Array.from(this.#groups),
      keys: this.#keys.map(builder => builder.finish()),
      index: this.#table.state.kind === 'list' ? Int32Array.from(this.#index) : null,
      mapKey: this.#mapKey && this.#mapKey.finish(),
      deleted: this.#isDelta ? bitsOf(this.#tombstones, length) : null,
      value: this.#value.finish(),
    }
    this.#groups = []
    this.#index = []
    this.#tombstones = []
    return rows
  }

  #row(group: number, key: Key, value: unknown, index: number, mapKey: MapKey | null = null): void {
    this.#groups.push(group)
    for (const [i, part] of this.#codec.parts(key).entries()) this.#keys[i]!.append(part)
    this.#value.append(value)
    this.#index.push(index)
    this.#mapKey?.append(mapKey)
  }
}

function bitsOf(rows: readonly number[], length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3)
  for (const row of rows) bits[row >> 3]! |= 1 << (row & 7)
  return bits
}
