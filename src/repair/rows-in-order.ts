/** Several sorted streams of rows as one: every row of each, by key group and key. */
import type { LayerCursor } from '../savepoint/layer-cursor.ts'
import { LayerHeap } from '../savepoint/layer-heap.ts'
import { RowPicker } from '../savepoint/row-picker.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'

/** The rows; of equal keys those of the cursor with the higher number first. The cursors are closed at the end. */
export async function* rowsInOrder(cursors: readonly LayerCursor[]): AsyncGenerator<EntryRows> {
  const picker = new RowPicker()
  try {
    const heap = await LayerHeap.of(cursors)
    for (let top = heap.top; top !== undefined; top = heap.top) {
      picker.take(top.rows, top.row)
      if (top.step()) heap.sinkTop()
      else {
        const ended = heap.pop()
        if (await ended.load()) heap.put(ended)
      }
      if (picker.isFull) yield picker.finish()!
    }
    const rest = picker.finish()
    if (rest !== null) yield rest
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}
