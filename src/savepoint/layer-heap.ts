/** A heap of layers by the key that each stands on: the merge's next key, with every layer that has it. */
import type { LayerCursor } from './layer-cursor.ts'

/** Of equal keys the newest layer comes first. */
export class LayerHeap {
  readonly #cursors: LayerCursor[] = []

  /** The heap of all cursors that have any row. */
  static async of(cursors: readonly LayerCursor[]): Promise<LayerHeap> {
    const heap = new LayerHeap()
    for (const cursor of cursors) if (await cursor.load()) heap.put(cursor)
    return heap
  }

  /** Takes out the cursors on the least key, newest layer first; they are put back after they have moved on. */
  takeFirst(): LayerCursor[] {
    const first = this.#pop()
    if (first === undefined) return []
    const same = [first]
    while (this.#cursors.length > 0 && first.compareKey(this.#cursors[0]!) === 0) same.push(this.#pop()!)
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

  #pop(): LayerCursor | undefined {
    const heap = this.#cursors
    const first = heap[0]
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return first
  }

  /** Puts a cursor at the top and lets it sink to its place. */
  #sink(cursor: LayerCursor): void {
    const heap = this.#cursors
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, cursor)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = cursor
  }
}

function isBefore(a: LayerCursor, b: LayerCursor): boolean {
  const order = a.compareKey(b)
  return order !== 0 ? order < 0 : a.layer > b.layer
}
