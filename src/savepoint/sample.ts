/** Which keys are in a sample: those with the least marks, a mark being the key's hash mixed once more. */

/** A number from 0 to 2^32 − 1; another order than the one that key groups are made by. */
export function keyMark(hash: number): number {
  let mark = hash ^ 0x9e3779b9
  mark = Math.imul(mark ^ (mark >>> 16), 0x21f0aaad)
  mark = Math.imul(mark ^ (mark >>> 15), 0x735a2d97)
  return (mark ^ (mark >>> 15)) >>> 0
}

/** The least distinct marks seen, as a heap with the largest of them on top. */
export class SmallestMarks {
  readonly #count: number
  readonly #heap: number[] = []
  readonly #known = new Set<number>()

  constructor(count: number) {
    this.#count = count
  }

  offer(mark: number): void {
    const heap = this.#heap
    if (this.#count === 0 || (heap.length === this.#count && mark >= heap[0]!) || this.#known.has(mark))
      return
    this.#known.add(mark)
    if (heap.length < this.#count) this.#rise(heap.push(mark) - 1)
    else {
      this.#known.delete(heap[0]!)
      heap[0] = mark
      this.#sink()
    }
  }

  /** The first mark above the sample. */
  end(): number {
    return this.#heap.length < this.#count ? 2 ** 32 : (this.#heap[0] ?? -1) + 1
  }

  #rise(from: number): void {
    const heap = this.#heap
    for (let at = from; at > 0;) {
      const parent = (at - 1) >>> 1
      if (heap[parent]! >= heap[at]!) return
      ;[heap[parent], heap[at]] = [heap[at]!, heap[parent]!]
      at = parent
    }
  }

  #sink(): void {
    const heap = this.#heap
    for (let at = 0; ;) {
      let child = 2 * at + 1
      if (child >= heap.length) return
      if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++
      if (heap[child]! <= heap[at]!) return
      ;[heap[child], heap[at]] = [heap[at]!, heap[child]!]
      at = child
    }
  }
}
