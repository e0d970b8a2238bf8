/** Which offsets of a partition were seen, as bitmaps of 65,536 offsets: 8 KiB a chunk, whatever order they come in. */

const chunkBits = 16
const chunkSize = 2 ** chunkBits

/** A set of offsets of one partition. */
export class OffsetSet {
  readonly #chunks = new Map<number, Uint8Array>()
  #lastIndex = -1
  #lastChunk: Uint8Array = new Uint8Array(0)
  /** How many offsets are in the set. */
  count = 0
  first: number = Infinity
  last = -1

  /** Adds an offset; false when it was there already. */
  add(offset: number): boolean {
    const chunk = this.#chunkOf(Math.floor(offset / chunkSize))
    const at = offset % chunkSize
    const bit = 1 << (at & 7)
    const byte = chunk[at >> 3] as number
    if ((byte & bit) !== 0) return false
    chunk[at >> 3] = byte | bit
    this.count++
    if (offset > this.last) this.last = offset
    if (offset < this.first) this.first = offset
    return true
  }

  has(offset: number): boolean {
    const chunk = this.#chunks.get(Math.floor(offset / chunkSize))
    const at = offset % chunkSize
    return chunk !== undefined && ((chunk[at >> 3] as number) & (1 << (at & 7))) !== 0
  }

  /** The ranges [from, to) between the first and the last offset that are not in the set, in order. */
  holes(): readonly (readonly [number, number])[] {
    const holes: (readonly [number, number])[] = []
    if (this.count === 0 || this.count === this.last - this.first + 1) return holes
    let expected = this.first
    for (const index of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      expected = holesInChunk(this.#chunks.get(index) as Uint8Array, index * chunkSize, expected, holes)
    }
    return holes
  }

  #chunkOf(index: number): Uint8Array {
    if (index === this.#lastIndex) return this.#lastChunk
    let chunk = this.#chunks.get(index)
    if (!chunk) {
      chunk = new Uint8Array(chunkSize / 8)
      this.#chunks.set(index, chunk)
    }
    this.#lastIndex = index
    this.#lastChunk = chunk
    return chunk
  }
}

/** Appends the holes that end in this chunk; returns the offset after its last member. */
function holesInChunk(
  chunk: Uint8Array,
  base: number,
  expected: number,
  holes: (readonly [number, number])[],
): number {
  let next = expected
  for (let at = 0; at < chunkSize; at++) {
    if (((chunk[at >> 3] as number) & (1 << (at & 7))) === 0) continue
    if (base + at > next) holes.push([next, base + at])
    next = base + at + 1
  }
  return next
}
