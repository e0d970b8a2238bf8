/** Rows of one batch that are left out: of most batches none, which costs nothing. */

/** A set of rows of a batch. */
export class DroppedRows {
  readonly #length: number
  #marks: Uint8Array | null = null
  /** How many rows are left out. */
  count = 0

  constructor(length: number) {
    this.#length = length
  }

  /** Leaves out a row that is not left out yet. */
  add(row: number): void {
    this.#marks ??= new Uint8Array(this.#length)
    this.#marks[row] = 1
    this.count++
  }

  has(row: number): boolean {
    return this.#marks !== null && this.#marks[row] === 1
  }

  /** The rows that stay, ascending; null when all do. */
  kept(): Int32Array | null {
    if (this.#marks === null) return null
    const kept = new Int32Array(this.#length - this.count)
    let at = 0
    for (let row = 0; row < this.#length; row++) if (this.#marks[row] === 0) kept[at++] = row
    return kept
  }
}
