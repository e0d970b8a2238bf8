/**
 * Counts the keys that any of several states has, each once. States of one operator have mostly the same keys in the same order:
 * the places in all of them are compared with one of them, and move on together.
 */
import { keyCompare, type RowCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'
import type { CheckedRows } from './verify-segment.ts'

/** Reads all of them to their ends. */
export async function countKeys(states: readonly AsyncIterator<CheckedRows>[]): Promise<number> {
  if (states.length === 1) return countStarts(states[0]!)
  const union = new KeyUnion()
  for (const pieces of states) await union.load(new KeyCursor(pieces))
  for (let ended = union.run(); ended !== null; ended = union.run()) await union.load(ended)
  return union.keys
}

async function countStarts(pieces: AsyncIterator<CheckedRows>): Promise<number> {
  let keys = 0
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    const { rows, same } = next.value
    for (let row = 0; row < rows.length; row++) keys += 1 - same[row]!
  }
  return keys
}

/** A place at the first row of a key. */
class KeyCursor {
  rows!: EntryRows
  row = 0
  #same!: Uint8Array
  readonly #pieces: AsyncIterator<CheckedRows>
  /** Of this piece's keys with those of another one. */
  #other: EntryRows | null = null
  #compare!: RowCompare

  constructor(pieces: AsyncIterator<CheckedRows>) {
    this.#pieces = pieces
  }

  /** Goes to the next key of the piece; false when there is none. */
  step(): boolean {
    const { length } = this.#same
    let row = this.row + 1
    while (row < length && this.#same[row] === 1) row++
    this.row = row
    return row < length
  }

  /** Goes to the next key in the pieces that follow; false at the end. */
  async load(): Promise<boolean> {
    for (let next = await this.#pieces.next(); !next.done; next = await this.#pieces.next()) {
      this.rows = next.value.rows
      this.#same = next.value.same
      this.#other = null
      this.row = -1
      if (this.step()) return true
    }
    return false
  }

  order(other: KeyCursor): number {
    const groups = this.rows.keyGroups[this.row]! - other.rows.keyGroups[other.row]!
    if (groups !== 0) return groups
    if (this.#other !== other.rows) {
      this.#other = other.rows
      this.#compare = keyCompare(this.rows.keys, other.rows.keys)
    }
    return this.#compare(this.row, other.row)
  }
}

/** The work that waits for nothing. */
class KeyUnion {
  keys = 0
  readonly #cursors: KeyCursor[] = []
  /** Those that are still to move on from the last key. */
  #behind: KeyCursor[] = []

  /** Brings a cursor to its next piece, and in or back in unless there is none. */
  async load(cursor: KeyCursor): Promise<void> {
    if (await cursor.load()) this.#cursors.push(cursor)
  }

  /** Goes on until a cursor's piece is at its end: that cursor, taken out. Null at the end of all. */
  run(): KeyCursor | null {
    for (;;) {
      const ended = this.#moveOn()
      if (ended !== null) return ended
      if (this.#cursors.length === 0) return null
      this.keys++
      this.#behind = this.#onLeast()
    }
  }

  #moveOn(): KeyCursor | null {
    for (let cursor = this.#behind.pop(); cursor !== undefined; cursor = this.#behind.pop()) {
      if (cursor.step()) continue
      this.#cursors.splice(this.#cursors.indexOf(cursor), 1)
      return cursor
    }
    return null
  }

  #onLeast(): KeyCursor[] {
    const [first, ...rest] = this.#cursors
    let least = [first!]
    for (const cursor of rest) {
      const order = cursor.order(least[0]!)
      if (order === 0) least.push(cursor)
      else if (order < 0) least = [cursor]
    }
    return least
  }
}
