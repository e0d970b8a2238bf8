/** Counts the keys and rows of a state's folded entries as they go by. */
import { keyCompare } from '../savepoint/row-order.ts'
import { sliceRows } from '../savepoint/entry-rows.ts'
import type { EntryCount } from '../savepoint/manifest.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'
import type { StateKind } from '../state/state.ts'

/** Takes pieces in order. */
export class EntryCounter {
  readonly #oneRowAKey: boolean
  #last: EntryRows | null = null
  #keys = 0
  #entries = 0

  constructor(kind: StateKind) {
    this.#oneRowAKey = kind !== 'list' && kind !== 'map'
  }

  add(rows: EntryRows): void {
    if (rows.length === 0) return
    this.#entries += rows.length
    if (this.#oneRowAKey) this.#keys += rows.length
    else this.#countKeys(rows)
  }

  counts(): EntryCount {
    return { keys: this.#keys, entries: this.#entries }
  }

  #countKeys(rows: EntryRows): void {
    const { keyGroups } = rows
    const last = this.#last
    if (last === null || last.keyGroups[0] !== keyGroups[0] || keyCompare(last.keys, rows.keys)(0, 0) !== 0)
      this.#keys++
    const compare = keyCompare(rows.keys, rows.keys)
    for (let row = 1; row < rows.length; row++) {
      if (keyGroups[row - 1] !== keyGroups[row] || compare(row - 1, row) !== 0) this.#keys++
    }
    this.#last = sliceRows(rows, rows.length - 1, rows.length)
  }
}
