/** Checks an operator's states: their segments, and what a reader sees of them: folded, with lists whole, keys counted, entries hashed. */
import { stateHasher, type StateHasher, type TableDigest } from './digest.ts'
import { EntryOrder } from './entry-order.ts'
import type { Findings } from './findings.ts'
import { segmentFiles, storedState, type StoredState } from './find-state.ts'
import { countKeys } from './key-union.ts'
import type { ManifestOperator } from './manifest.ts'
import { scanLayers } from './scan.ts'
import { placeOf } from './segment-columns.ts'
import type { EntryRows, Savepoint } from './savepoint.ts'
import { checkedSegment, type CheckedRows } from './verify-segment.ts'

/** What was found in an operator. */
export interface OperatorContents {
  readonly uid: string
  /** Keys with any entry. */
  readonly keys: number
  readonly digests: readonly TableDigest[]
}

/** Reads all entries of an operator's states side by side, key by key. Of no meaning once there is an error among the findings. */
export async function verifyOperator(
  savepoint: Savepoint,
  operator: ManifestOperator,
  findings: Findings,
): Promise<OperatorContents> {
  const tables = operator.states.map(state => {
    const stored = storedState(operator, state)
    return { stored, hasher: stateHasher(stored.table) }
  })
  const keys = await countKeys(
    tables.map(({ stored, hasher }) => {
      const folded = new FoldedCheck(stored, hasher, findings)
      return checkedState(savepoint, stored, folded, findings)
    }),
  )
  const isRight = findings.errors === 0
  return { uid: operator.uid, keys, digests: isRight ? tables.map(({ hasher }) => hasher.finish()) : [] }
}

/**
 * Checks every segment of the state, then its folded entries, and gives these as long as nothing was found wrong. Where there
 * is but a base its blocks are the folded entries, and are read once.
 */
async function* checkedState(
  { folder, manifest }: Savepoint,
  stored: StoredState,
  folded: FoldedCheck,
  findings: Findings,
): AsyncGenerator<CheckedRows> {
  const { keyGroups } = manifest
  const used = [...stored.layers.keys()].filter(layer => stored.layers[layer]!.segments.length > 0)
  const isFlat = used.every(layer => layer === 0)
  for (const layer of used) {
    const context = { table: stored.table, layer: placeOf(layer), keyGroups, findings }
    for (const segment of segmentFiles(folder, stored, layer)) {
      try {
        for await (const piece of checkedSegment(segment, context))
          if (isFlat && findings.errors === 0) yield folded.add(piece)
      } finally {
        await segment.close()
      }
    }
  }
  if (isFlat || findings.errors > 0) return
  const order = new EntryOrder()
  try {
    for await (const rows of scanLayers(folder, stored, [0, keyGroups])) {
      const wrong = order.check(rows)
      if (wrong !== null) findings.error(folded.place(rows, wrong.row), wrong.what)
      else if (findings.errors === 0) yield folded.add({ rows, same: order.same })
    }
  } catch (error) {
    findings.caught(error)
  }
}

/** Folded entries: the elements of a list count from 0. */
class FoldedCheck {
  readonly #state: StoredState
  readonly #hasher: StateHasher
  readonly #findings: Findings
  /** Of a list's key, when its next row comes. */
  #element = 0

  constructor(state: StoredState, hasher: StateHasher, findings: Findings) {
    this.#state = state
    this.#hasher = hasher
    this.#findings = findings
  }

  add(piece: CheckedRows): CheckedRows {
    const { rows, same } = piece
    if (rows.index !== null) this.#checkElements(rows, rows.index, same)
    this.#hasher.add(rows)
    return piece
  }

  place({ keyGroups }: EntryRows, row: number): string {
    const { uid, state } = this.#state.table
    return `${uid}/${state.name}, key group ${keyGroups[row]}`
  }

  #checkElements(rows: EntryRows, index: Int32Array, same: Uint8Array): void {
    let element = this.#element
    for (let row = 0; row < rows.length; row++) {
      if (same[row] === 0) element = 0
      const found = index[row]!
      if (found !== element)
        this.#findings.error(this.place(rows, row), `expected element ${element} of a list, found ${found}`)
      element = found + 1
    }
    this.#element = element
  }
}
