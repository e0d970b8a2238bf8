/** Checks an operator's states as a reader sees them: folded, with lists whole, keys counted, and entries hashed. */
import { stateHasher, type StateHasher, type TableDigest } from './digest.ts'
import { storedState, type StoredState } from './find-state.ts'
import type { Findings } from './findings.ts'
import { LayerCursor } from './layer-cursor.ts'
import { LayerHeap } from './layer-heap.ts'
import type { ManifestOperator } from './manifest.ts'
import { scanLayers } from './scan.ts'
import type { EntryRows, Savepoint } from './savepoint.ts'

/** What was found in an operator. */
export interface OperatorContents {
  readonly uid: string
  /** Keys with any entry. */
  readonly keys: number
  readonly digests: readonly TableDigest[]
}

/** Reads all entries of an operator's states side by side, key by key. */
export async function verifyOperator(
  { folder, manifest }: Savepoint,
  operator: ManifestOperator,
  findings: Findings,
): Promise<OperatorContents> {
  const tables = operator.states.map(state => {
    const stored = storedState(operator, state)
    return { stored, hasher: stateHasher(stored.table) }
  })
  const cursors = tables.map(({ stored, hasher }, i) => {
    return new LayerCursor(i, hashed(scanLayers(folder, stored, [0, manifest.keyGroups]), hasher))
  })
  const heap = await LayerHeap.of(cursors)
  let keys = 0
  for (let same = heap.takeFirst(); same.length > 0; same = heap.takeFirst()) {
    keys++
    for (const cursor of same)
      if (await passKey(cursor, tables[cursor.layer]!.stored, findings)) heap.put(cursor)
  }
  return { uid: operator.uid, keys, digests: tables.map(({ hasher }) => hasher.finish()) }
}

async function* hashed(pieces: AsyncIterable<EntryRows>, hasher: StateHasher): AsyncGenerator<EntryRows> {
  for await (const rows of pieces) {
    hasher.add(rows)
    yield rows
  }
}

/** Goes over the rows of one key, which are the elements 0, 1, 2 … of a list; false at the end of the state. */
async function passKey(cursor: LayerCursor, { table }: StoredState, findings: Findings): Promise<boolean> {
  for (let element = 0; ; element++) {
    const { rows, row } = cursor
    if (rows.index !== null && rows.index[row] !== element) {
      const where = `${table.uid}/${table.state.name}, key group ${rows.keyGroups[row]}`
      findings.error(where, `expected element ${element} of a list, found ${rows.index[row]}`)
      element = rows.index[row]!
    }
    if (!cursor.step() && !(await cursor.load())) return false
    if (!cursor.hasKeyOf(rows, row)) return true
  }
}
