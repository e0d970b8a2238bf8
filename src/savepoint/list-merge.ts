/** Merges the layers of a list: elements over those of older layers, from the newest tombstone on. */
import { badData } from '../errors.ts'
import type { LayerCursor } from './layer-cursor.ts'
import type { LayerHeap } from './layer-heap.ts'
import { RowPicker } from './row-picker.ts'
import type { EntryRows } from './savepoint.ts'

interface Element {
  readonly rows: EntryRows
  readonly row: number
}

/** The folded rows in pieces; all elements of one key are held at once. `name` is for errors: `data`, code `list-gap`. */
export async function* mergedLists(heap: LayerHeap, name: string): AsyncGenerator<EntryRows> {
  const picker = new RowPicker()
  for (let same = heap.takeFirst(); same.length > 0; same = heap.takeFirst()) {
    const elements: Element[] = []
    for (const cursor of same.reverse()) {
      if (await addElements(cursor, elements, name)) heap.put(cursor)
    }
    for (const { rows, row } of elements) picker.take(rows, row)
    if (picker.isFull) yield picker.finish()!
  }
  const rest = picker.finish()
  if (rest !== null) yield rest
}

/** Takes one key's rows of a layer over what older layers gave; false when the layer is at its end. */
async function addElements(cursor: LayerCursor, elements: Element[], name: string): Promise<boolean> {
  if (cursor.isTombstone) elements.length = 0
  let isFirst = true
  for (;;) {
    const { rows, row } = cursor
    if (!isFirst || !cursor.isTombstone) put(elements, { rows, row }, name)
    isFirst = false
    if (!cursor.step() && !(await cursor.load())) return false
    if (!cursor.hasKeyOf(rows, row)) return true
  }
}

function put(elements: Element[], element: Element, name: string): void {
  const index = element.rows.index![element.row]!
  if (index <= elements.length && index >= 0) {
    elements[index] = element
    return
  }
  const thing = `list ${name}, key group ${element.rows.keyGroups[element.row]}`
  throw badData({
    code: 'list-gap',
    thing,
    expected: `element ${elements.length}`,
    found: `element ${index}`,
  })
}
