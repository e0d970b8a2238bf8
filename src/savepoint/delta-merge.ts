/**
 * Merges neighbouring layers above the base into one that stands for them: like a fold, but what hides entries of older
 * layers goes on hiding them. The result is a layer of the same rules.
 */
import type { LayerCursor } from './layer-cursor.ts'
import type { LayerHeap } from './layer-heap.ts'
import { RowPicker } from './row-picker.ts'
import type { EntryRows } from './savepoint.ts'

interface Place {
  readonly rows: EntryRows
  readonly row: number
}

/** The rows of the merged layer in pieces. `isList`: a key may have many rows; all of one key are held at once. */
export async function* mergedDeltas(heap: LayerHeap, isList: boolean): AsyncGenerator<EntryRows> {
  const picker = new RowPicker(true)
  for (let same = heap.takeFirst(); same.length > 0; same = heap.takeFirst()) {
    const places = isList ? await listRows(same, heap) : await newestRow(same, heap)
    for (const { rows, row } of places) picker.take(rows, row)
    if (picker.isFull) yield picker.finish()!
  }
  const rest = picker.finish()
  if (rest !== null) yield rest
}

/** The first cursor is the newest layer's. */
async function newestRow(same: readonly LayerCursor[], heap: LayerHeap): Promise<readonly Place[]> {
  const { rows, row } = same[0]!
  for (const cursor of same) if (cursor.step() || (await cursor.load())) heap.put(cursor)
  return [{ rows, row }]
}

/** A tombstone, if any layer had one, and the elements since the newest one by their index. */
async function listRows(same: LayerCursor[], heap: LayerHeap): Promise<readonly Place[]> {
  let tombstone: Place | null = null
  const elements = new Map<number, Place>()
  for (const cursor of same.reverse()) {
    const { rows, row } = cursor
    if (cursor.isTombstone) {
      tombstone = { rows, row }
      elements.clear()
    } else elements.set(rows.index![row]!, { rows, row })
    if (await addElements(cursor, elements)) heap.put(cursor)
  }
  const sorted = [...elements].sort(([a], [b]) => a - b)
  const places = sorted.map(([, place]) => place)
  return tombstone === null ? places : [tombstone, ...places]
}

/** The rows behind the first of a key; false when the layer is at its end. */
async function addElements(cursor: LayerCursor, elements: Map<number, Place>): Promise<boolean> {
  let last = { rows: cursor.rows, row: cursor.row }
  for (;;) {
    if (!cursor.step() && !(await cursor.load())) return false
    if (!cursor.hasKeyOf(last.rows, last.row)) return true
    last = { rows: cursor.rows, row: cursor.row }
    elements.set(last.rows.index![last.row]!, last)
  }
}
