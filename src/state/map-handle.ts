/** The handle of map state. */
import { emptyCell, type MapCell } from './map-cell.ts'
import { dirty, present, replaced, type StateColumn } from './state-column.ts'
import type { MapHandle } from './state.ts'

/** A map of the key in focus. A map without entries is no entry of the state. */
export class ColumnMap implements MapHandle<unknown, unknown> {
  readonly #column: StateColumn

  constructor(column: StateColumn) {
    this.#column = column
  }

  get size(): number {
    return this.#cell()?.size ?? 0
  }

  get(key: unknown): unknown {
    return this.#column.given(this.#cell()?.get(this.#column.ownedKey(key)))
  }

  has(key: unknown): boolean {
    return this.#cell()?.has(this.#column.ownedKey(key)) ?? false
  }

  set(key: unknown, value: unknown): void {
    const column = this.#column
    const { slot } = column.focus
    const ownKey = column.ownedKey(key)
    const owned = column.owned(value)
    column.willWrite(slot)
    const cell = (column.values[slot] ??= emptyCell(column.compareKeys)) as MapCell
    cell.set(ownKey, owned)
    column.flags[slot] = (column.flags[slot] as number) | present | dirty
  }

  delete(key: unknown): boolean {
    const column = this.#column
    const { slot } = column.focus
    const ownKey = column.ownedKey(key)
    const cell = this.#cell()
    if (cell === undefined || !cell.has(ownKey)) return false
    column.willWrite(slot)
    cell.delete(ownKey)
    const flags = (column.flags[slot] as number) | dirty
    column.flags[slot] = cell.size === 0 ? flags & ~present : flags
    return true
  }

  keys(): readonly unknown[] {
    return this.#cell()?.keys() ?? []
  }

  values(): readonly unknown[] {
    return this.entries().map(([, value]) => value)
  }

  entries(): readonly (readonly [unknown, unknown])[] {
    const cell = this.#cell()
    return cell?.keys().map(key => [key, this.#column.given(cell.get(key))] as const) ?? []
  }

  clear(): void {
    const column = this.#column
    const { slot } = column.focus
    column.willWrite(slot)
    column.values[slot] = undefined
    column.flags[slot] = dirty | replaced
  }

  #cell(): MapCell | undefined {
    const { values, focus } = this.#column
    return values[focus.slot] as MapCell | undefined
  }
}
