/** Collects single rows from many pieces and gives them as one: what merging layers puts out. */
import { concatRows, gatherRows, sliceRows } from './entry-rows.ts'
import type { EntryRows } from './savepoint.ts'

/** Rows of one result, and pieces that they may come from. */
const fullRows = 8192
const fullPieces = 64

/** Rows are taken in the order of the result. */
export class RowPicker {
  #pieces = new Map<EntryRows, number>()
  #total = 0
  #picked: Int32Array = new Int32Array(fullRows)
  #lastPiece: EntryRows | null = null
  #lastStart = 0
  readonly #keepDeleted: boolean
  length = 0

  /** `keepDeleted`: the rows keep their tombstone bits; all pieces have them then. */
  constructor(keepDeleted: boolean = false) {
    this.#keepDeleted = keepDeleted
  }

  get isFull(): boolean {
    return this.length >= fullRows || this.#pieces.size >= fullPieces
  }

  /** Adds a row of a piece. */
  take(piece: EntryRows, row: number): void {
    const start = piece === this.#lastPiece ? this.#lastStart : this.#startOf(piece)
    if (this.length === this.#picked.length) this.#grow()
    this.#picked[this.length++] = start + row
  }

  /** The rows taken since the last call; null when there are none. */
  finish(): EntryRows | null {
    if (this.length === 0) return null
    const pieces = [...this.#pieces.keys()]
    const all = concatRows(this.#keepDeleted ? pieces : pieces.map(rows => ({ ...rows, deleted: null })))
    const first = this.#picked[0]!
    const end = first + this.length
    const rows = this.#isRun()
      ? sliceRows(all, first, end)
      : gatherRows(all, this.#picked.slice(0, this.length))
    this.#pieces = new Map()
    this.#lastPiece = null
    this.#total = 0
    this.length = 0
    return rows
  }

  /** Where the piece's rows begin among those of all pieces. */
  #startOf(piece: EntryRows): number {
    let start = this.#pieces.get(piece)
    if (start === undefined) {
      start = this.#total
      this.#pieces.set(piece, start)
      this.#total += piece.length
    }
    this.#lastPiece = piece
    this.#lastStart = start
    return start
  }

  /** Whether the rows stand one behind another, so that nothing needs to be copied. */
  #isRun(): boolean {
    const first = this.#picked[0]!
    for (let i = 1; i < this.length; i++) if (this.#picked[i] !== first + i) return false
    return true
  }

  #grow(): void {
    const grown = new Int32Array(this.#picked.length * 2)
    grown.set(this.#picked)
    this.#picked = grown
  }
}
