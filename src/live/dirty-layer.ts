/**
 * What changed since the last checkpoint, as the rows of a new layer: values that were set, tombstones for those that
 * were removed, list elements that were added. Taking them is synchronous, so they are of one instant (L3).
 */
import { columnBuilder, type ColumnBuilder } from '../codec/column-builder.ts'
import { keyOrder } from '../codec/key-order.ts'
import type { Key } from '../record/key.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'
import type { MapKey } from '../record/map-key.ts'
import type { MapCell } from '../state/map-cell.ts'
import { present, replaced, shared, type StateColumn } from '../state/state-column.ts'
import type { LiveTable } from './live-table.ts'

/** Takes a state's dirty entries as sorted rows and counts them as stored; null when there are none. `above`: whether there are layers below, which tombstones must hide. */
export function takeLayer(table: LiveTable, column: StateColumn, above: boolean): EntryRows | null {
  const slots = sortedSlots(table, column.takeDirty())
  const rows = new LayerRows(table, column, above, slots.length)
  for (let i = 0; i < slots.length; i++) rows.add(slots[i] as number)
  return rows.finish()
}

/** First by key group, then inside of each: short sorts over keys that lie together, not one over places all over memory. */
function sortedSlots(table: LiveTable, slots: readonly number[]): Int32Array {
  const groups: number[][] = []
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number
    ;(groups[table.group(slot)] ??= []).push(slot)
  }
  const sorted = new Int32Array(slots.length)
  let end = 0
  // Groups without slots are holes, which `forEach` passes over.
  groups.forEach(group => {
    const order = keyOrder(
      table.codec,
      group.map(slot => table.key(slot)),
    )
    for (let i = 0; i < order.length; i++) sorted[end++] = group[order[i] as number] as number
  })
  return sorted
}

class LayerRows {
  readonly #table: LiveTable
  readonly #column: StateColumn
  readonly #keys: readonly ColumnBuilder[]
  /** Where the key has one field. */
  readonly #onlyKey: ColumnBuilder | null
  readonly #value: ColumnBuilder
  readonly #mapKey: ColumnBuilder | null
  readonly #groups: number[] = []
  readonly #index: number[] = []
  /** Row numbers of tombstones; null where there is nothing below to be hidden. */
  readonly #tombstones: number[] | null

  /** `slots`: how many keys will be added. */
  constructor(table: LiveTable, column: StateColumn, above: boolean, slots: number) {
    this.#table = table
    this.#column = column
    this.#keys = table.codec.schema.fields.map(field => columnBuilder(field.type, slots))
    this.#onlyKey = this.#keys.length === 1 ? (this.#keys[0] as ColumnBuilder) : null
    this.#value = columnBuilder(column.type, slots)
    this.#mapKey = column.keyType && columnBuilder(column.keyType, slots)
    this.#tombstones = above ? [] : null
  }

  /** Adds the rows of a key; its entries count as stored from here on. */
  add(slot: number): void {
    const { values, flags } = this.#column
    const flag = flags[slot] as number
    const isPresent = (flag & present) !== 0
    if (this.#column.kind === 'map') this.#addMap(slot)
    else if (this.#column.kind === 'list')
      this.#addList(slot, isPresent ? (values[slot] as readonly unknown[]) : [])
    else if (isPresent) this.#row(this.#table.key(slot), slot, values[slot], 0)
    else this.#tombstone(slot)
    flags[slot] = flag & (present | shared)
  }

  finish(): EntryRows | null {
    const { length } = this.#groups
    if (length === 0) return null
    return {
      length,
      keyGroups: Uint16Array.from(this.#groups),
      keys: this.#keys.map(builder => builder.finish()),
      index: this.#column.kind === 'list' ? Int32Array.from(this.#index) : null,
      mapKey: this.#mapKey?.finish() ?? null,
      deleted: this.#tombstones && bitsOf(this.#tombstones, length),
      value: this.#value.finish(),
    }
  }

  #addList(slot: number, elements: readonly unknown[]): void {
    const { flags, storedCounts } = this.#column
    if (((flags[slot] as number) & replaced) !== 0) this.#tombstone(slot)
    const key = this.#table.key(slot)
    for (let i = storedCounts[slot] as number; i < elements.length; i++) this.#row(key, slot, elements[i], i)
    storedCounts[slot] = elements.length
  }

  /** The entries that differ; all of them where what is stored below no longer counts. */
  #addMap(slot: number): void {
    const cell = this.#column.values[slot] as MapCell | undefined
    const isReplaced = ((this.#column.flags[slot] as number) & replaced) !== 0
    if (isReplaced) this.#tombstone(slot)
    const changed = cell?.takeChanged() ?? []
    const key = this.#table.key(slot)
    for (const entryKey of isReplaced ? (cell?.keys() ?? []) : changed) {
      const isThere = cell?.has(entryKey) === true
      if (!isThere && this.#tombstones === null) continue
      if (!isThere) this.#tombstones?.push(this.#groups.length)
      this.#row(key, slot, isThere ? cell.get(entryKey) : null, 0, entryKey)
    }
  }

  #tombstone(slot: number): void {
    if (this.#tombstones === null) return
    this.#tombstones.push(this.#groups.length)
    this.#row(this.#table.key(slot), slot, null, 0)
  }

  #row(key: Key, slot: number, value: unknown, index: number, entryKey: MapKey | null = null): void {
    this.#groups.push(this.#table.group(slot))
    if (this.#onlyKey !== null) this.#onlyKey.append(key)
    else {
      const parts = this.#table.codec.parts(key)
      for (const [i, builder] of this.#keys.entries()) builder.append(parts[i])
    }
    this.#value.append(value)
    this.#mapKey?.append(entryKey)
    if (this.#column.kind === 'list') this.#index.push(index)
  }
}

function bitsOf(rows: readonly number[], length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3)
  for (const row of rows) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7))
  return bits
}
