/** A place in one layer while layers are merged. */
import { bitAt } from '../codec/bitmap.ts'
import { keyCompare, type RowCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'

/** Stands on one row at a time; `rows` is the piece that holds it. */
export class LayerCursor {
  /** The layer's number, the base's is the least. */
  readonly layer: number
  readonly #pieces: AsyncIterator<EntryRows>
  /** Comparisons with the pieces that other cursors stand in, by layer. */
  readonly #compares: { with: EntryRows; compare: RowCompare }[] = []
  #own: { with: EntryRows; compare: RowCompare } | null = null
  rows!: EntryRows
  row = 0

  constructor(layer: number, pieces: AsyncIterator<EntryRows>) {
    this.layer = layer
    this.#pieces = pieces
  }

  get isTombstone(): boolean {
    return this.rows.deleted !== null && bitAt(this.rows.deleted, this.row)
  }

  /** Goes to the next row of the piece; false when the piece is at its end, and `load` must be awaited. */
  step(): boolean {
    return ++this.row < this.rows.length
  }

  /** Takes the next piece; false at the layer's end. */
  async load(): Promise<boolean> {
    const next = await this.#pieces.next()
    if (next.done) return false
    this.rows = next.value
    this.row = 0
    this.#compares.length = 0
    this.#own = null
    return true
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  /** This key against another cursor's; negative when this one comes first. */
  compareKey(other: LayerCursor): number {
    const groups = this.rows.keyGroups[this.row]! - other.rows.keyGroups[other.row]!
    return groups !== 0 ? groups : this.#compareWith(other)(this.row, other.row)
  }

  /** Whether this stands on the key of that row, which may be of a former piece. */
  hasKeyOf(rows: EntryRows, row: number): boolean {
    if (this.rows.keyGroups[this.row] !== rows.keyGroups[row]) return false
    if (this.#own?.with !== rows) this.#own = { with: rows, compare: keyCompare(this.rows.keys, rows.keys) }
    return this.#own.compare(this.row, row) === 0
  }

  #compareWith(other: LayerCursor): RowCompare {
    const known = this.#compares[other.layer]
    if (known?.with === other.rows) return known.compare
    const compare = keyCompare(this.rows.keys, other.rows.keys)
    this.#compares[other.layer] = { with: other.rows, compare }
    return compare
  }
}
