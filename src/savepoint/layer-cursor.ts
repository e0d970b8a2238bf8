/** A place in one layer while layers are merged. */
import { bitAt } from '../codec/bitmap.ts'
import { keyCompare, type RowCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'

/** Stands on one row at a time; `rows` is the piece that holds it. */
export class LayerCursor {
  /** The layer's number, the base's is the least. */
  readonly layer: number
  readonly #pieces: AsyncIterator<EntryRows>
  /** Comparisons of this piece's keys with those of another layer's piece, by that layer's number. */
  readonly #compares: { with: EntryRows; compare: RowCompare }[] = []
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
    return true
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  /** This key against that of a row in a piece of some layer; negative when this one comes first. */
  compareTo(layer: number, rows: EntryRows, row: number): number {
    const groups = this.rows.keyGroups[this.row]! - rows.keyGroups[row]!
    if (groups !== 0) return groups
    const known = this.#compares[layer]
    const compare = known?.with === rows ? known.compare : this.#remember(layer, rows)
    return compare(this.row, row)
  }

  /** Whether this stands on the key of that row of its own layer, whose piece may be a former one. */
  hasKeyOf(rows: EntryRows, row: number): boolean {
    return this.compareTo(this.layer, rows, row) === 0
  }

  #remember(layer: number, rows: EntryRows): RowCompare {
    const compare = keyCompare(this.rows.keys, rows.keys)
    this.#compares[layer] = { with: rows, compare }
    return compare
  }
}
