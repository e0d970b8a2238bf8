/** The validity bitmap of a column that is being built: no buffer at all until the first absent value. */
import { bitmapBytes, setBits } from './bitmap.ts'

/** Collects which rows are absent. */
export class ValidityBuilder {
  #bits: Uint8Array | null = null
  /** Bits below this row are written; the rows from here on are present. */
  #known = 0

  /** Marks row `row` absent; rows are marked in ascending order. */
  absent(row: number): void {
    this.#reach(row)
    this.#known = row + 1
  }

  /** The bitmap of `length` rows, null when none is absent; the builder is empty afterwards. */
  finish(length: number): Uint8Array | null {
    if (this.#bits === null) return null
    this.#reach(length)
    const bits = this.#bits.subarray(0, bitmapBytes(length))
    this.#bits = null
    this.#known = 0
    return bits
  }

  /** Writes the present rows up to `row`, and makes room for that row. */
  #reach(row: number): void {
    const needed = bitmapBytes(row + 1)
    if (this.#bits === null || this.#bits.length < needed) {
      const grown = new Uint8Array(Math.max(needed * 2, 16))
      if (this.#bits) grown.set(this.#bits)
      this.#bits = grown
    }
    setBits(this.#bits, this.#known, row)
  }
}
