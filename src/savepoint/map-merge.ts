/** Merges the layers of a map: of each entry the newest row, from the newest tombstone of the whole key on. */
import { bitAt } from '../codec/bitmap.ts'
import { valueReader } from '../codec/column-reader.ts'
import { isPresent, type Column } from '../record/column.ts'
import { compareMapKeys, type MapKey } from '../record/map-key.ts'
import type { TypeSpec } from '../record/type.ts'
import type { LayerCursor } from './layer-cursor.ts'
import type { LayerHeap } from './layer-heap.ts'
import { RowPicker } from './row-picker.ts'
import type { EntryRows } from './savepoint.ts'

interface PickedRow {
  readonly rows: EntryRows
  readonly row: number
}

/** What a key has: the tombstone that hides all below, and a row for each entry. */
interface KeyRows {
  cleared: PickedRow | null
  readonly entries: Map<MapKey, PickedRow>
}

/**
 * The folded rows in pieces; all entries of one key are held at once. `keepDeleted`: tombstones stay, since other layers
 * are below.
 */
export async function* mergedMaps(
  heap: LayerHeap,
  keyType: TypeSpec,
  keepDeleted: boolean,
): AsyncGenerator<EntryRows> {
  const picker = new RowPicker(keepDeleted)
  const compare = compareMapKeys(keyType)
  for (let same = heap.takeFirst(); same.length > 0; same = heap.takeFirst()) {
    const found: KeyRows = { cleared: null, entries: new Map() }
    for (const cursor of same.reverse()) {
      if (await addRows(cursor, found)) heap.put(cursor)
    }
    if (keepDeleted && found.cleared !== null) picker.take(found.cleared.rows, found.cleared.row)
    for (const key of [...found.entries.keys()].sort(compare)) {
      const { rows, row } = found.entries.get(key)!
      if (keepDeleted || !isDeleted(rows, row)) picker.take(rows, row)
    }
    if (picker.isFull) yield picker.finish()!
  }
  const rest = picker.finish()
  if (rest !== null) yield rest
}

/** Takes one key's rows of a layer over what older layers gave; false when the layer is at its end. */
async function addRows(cursor: LayerCursor, found: KeyRows): Promise<boolean> {
  for (;;) {
    const { rows, row } = cursor
    const keys = rows.mapKey as Column
    if (isPresent(keys, row)) found.entries.set(valueReader(keys)(row) as MapKey, { rows, row })
    else {
      found.cleared = { rows, row }
      found.entries.clear()
    }
    if (!cursor.step() && !(await cursor.load())) return false
    if (!cursor.hasKeyOf(rows, row)) return true
  }
}

function isDeleted({ deleted }: EntryRows, row: number): boolean {
  return deleted !== null && bitAt(deleted, row)
}
