/** A heap of layers by the key that each stands on, the least on top; of equal keys the newest layer's. */
import type { LayerCursor } from './layer-cursor.ts'

/** Cursors that have a row. One that moves must be sunk or taken out before the next look. */
export class LayerHeap {
  readonly #cursors: LayerCursor[] = []

  /** The heap of all cursors that have any row. */
  static async of(cursors: readonly LayerCursor[]): Promise<LayerHeap> {
    const heap = new LayerHeap()
    for (const cursor of cursors) if (await cursor.load()) heap.put(cursor)
    return heap
  }

  get top(): LayerCursor | undefined {
    return this.#cursors[0]
  }

  /** Puts the top cursor, which has moved on, to its place. */
  sinkTop(): void {
    this.#sink(this.#cursors[0]!)
  }

  /** Takes the top cursor out. */
  pop(): LayerCursor {
    const first = this.#cursors[0]!
    const last = this.#cursors.pop()!
    if (this.#cursors.length > 0) this.#sink(last)
    return first
  }

  /** Takes out all cursors on the least key, newest layer first. */
  takeFirst(): LayerCursor[] {
    const same: LayerCursor[] = []
    for (let top = this.top; top !== undefined; top = this.top) {
      const first = same[0]
      if (first !== undefined && top.compareTo(first.layer, first.rows, first.row) !== 0) break
      same.push(this.pop())
    }
    return same
  }

  put(cursor: LayerCursor): void {
    const heap = this.#cursors
    let at = heap.push(cursor) - 1
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (!isBefore(cursor, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = cursor
  }

  /** Lets a cursor sink from the top to its place. */
  #sink(cursor: LayerCursor): void {
    const heap = this.#cursors
    const { length } = heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, cursor)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = cursor
  }
}

function isBefore(a: LayerCursor, b: LayerCursor): boolean {
  const order = a.compareTo(b.layer, b.rows, b.row)
  return order !== 0 ? order < 0 : a.layer > b.layer
}
