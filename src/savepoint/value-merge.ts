/** Merges the layers of a value: of each key the newest row, and nothing where that is a tombstone. */
import type { LayerCursor } from './layer-cursor.ts'
import type { LayerHeap } from './layer-heap.ts'
import { RowPicker } from './row-picker.ts'
import type { EntryRows } from './savepoint.ts'

/** The folded rows in pieces. */
export async function* mergedValues(heap: LayerHeap): AsyncGenerator<EntryRows> {
  const merge = new ValueMerge(heap)
  while (heap.top !== undefined) {
    const ended = merge.run()
    if (ended !== null && (await ended.load())) heap.put(ended)
    if (merge.picker.isFull) yield merge.picker.finish()!
  }
  const rest = merge.picker.finish()
  if (rest !== null) yield rest
}

/** The part of the work that waits for nothing. */
class ValueMerge {
  readonly picker = new RowPicker()
  readonly #heap: LayerHeap
  /** Where the newest row of the last key was. */
  #layer = -1
  #rows: EntryRows | null = null
  #row = 0

  constructor(heap: LayerHeap) {
    this.#heap = heap
  }

  /** Goes on until the picker is full or a layer's piece is at its end: that layer, taken out of the heap. */
  run(): LayerCursor | null {
    const heap = this.#heap
    for (let top = heap.top; top !== undefined && !this.picker.isFull; top = heap.top) {
      if (!this.#isOlder(top)) this.#takeNewest(top)
      if (!top.step()) return heap.pop()
      heap.sinkTop()
    }
    return null
  }

  /** Whether a newer layer had the key; a layer has no key twice. */
  #isOlder(top: LayerCursor): boolean {
    if (this.#rows === null || top.layer === this.#layer) return false
    return top.compareTo(this.#layer, this.#rows, this.#row) === 0
  }

  #takeNewest(top: LayerCursor): void {
    this.#layer = top.layer
    this.#rows = top.rows
    this.#row = top.row
    if (!top.isTombstone) this.picker.take(top.rows, top.row)
  }
}
