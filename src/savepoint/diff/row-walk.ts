/** Two sorted streams of folded rows side by side: the rows that only one has, or that differ. */
import { columnsOf } from '../entry-rows.ts'
import { keyCompare, type RowCompare } from '../row-order.ts'
import type { EntryRows } from '../savepoint.ts'
import { alikeRows, type AlikeRows } from './row-runs.ts'

/** A row of a piece. */
export interface RowPlace {
  readonly rows: EntryRows
  readonly row: number
}

/** A row that only one side has (null on the other), or a row of both that differs in value. */
export interface RowDifference {
  readonly before: RowPlace | null
  readonly after: RowPlace | null
  /** Whether both sides have any row of its key. */
  readonly keyInBoth: boolean
}

/** Runs are tried at this length first, and at twice the length after each that is alike. */
const firstRun = 16

/** In the order of the rows. */
export async function* differingRows(
  before: AsyncIterator<EntryRows>,
  after: AsyncIterator<EntryRows>,
): AsyncGenerator<RowDifference> {
  const [left, right] = [new Side(before), new Side(after)]
  try {
    const walk = new Walk(left, right)
    await Promise.all([left.load(), right.load()])
    while (!left.ended || !right.ended) {
      const difference = walk.next()
      if (difference !== null) yield difference
      if (left.isAtEnd) await left.load()
      if (right.isAtEnd) await right.load()
    }
  } finally {
    await left.close()
    await right.close()
  }
}

class Side {
  readonly #pieces: AsyncIterator<EntryRows>
  rows: EntryRows | null = null
  row = 0
  /** The row before the current one. */
  last: RowPlace | null = null
  ended = false

  constructor(pieces: AsyncIterator<EntryRows>) {
    this.#pieces = pieces
  }

  get isAtEnd(): boolean {
    return !this.ended && this.row >= this.rows!.length
  }

  get place(): RowPlace | null {
    return this.ended ? null : { rows: this.rows!, row: this.row }
  }

  advance(count: number): void {
    this.row += count
    this.last = { rows: this.rows!, row: this.row - 1 }
  }

  async load(): Promise<void> {
    do {
      const next = await this.#pieces.next()
      this.ended = next.done === true
      this.rows = next.done ? null : next.value
      this.row = 0
    } while (this.rows !== null && this.rows.length === 0)
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

/** How two pieces are compared. */
interface PiecePair {
  readonly left: EntryRows
  readonly right: EntryRows
  readonly alike: AlikeRows
  readonly compare: RowCompare
}

class Walk {
  readonly #left: Side
  readonly #right: Side
  #pair: PiecePair | null = null

  constructor(left: Side, right: Side) {
    this.#left = left
    this.#right = right
  }

  /** The next difference; null when a side is at the end of its piece before there is one. */
  next(): RowDifference | null {
    const [left, right] = [this.#left, this.#right]
    if (left.ended || right.ended) return this.#onlyOne(left.ended ? right : left)
    const { alike, compare } = this.#comparisons(left.rows!, right.rows!)
    this.#skip(alike)
    if (left.isAtEnd || right.isAtEnd) return null
    const order =
      left.rows!.keyGroups[left.row]! - right.rows!.keyGroups[right.row]! || compare(left.row, right.row)
    if (order !== 0) return this.#onlyOne(order < 0 ? left : right)
    const difference = { before: left.place, after: right.place, keyInBoth: true }
    left.advance(1)
    right.advance(1)
    return difference
  }

  #skip(alike: AlikeRows): void {
    const [left, right] = [this.#left, this.#right]
    for (let run = firstRun; ; run *= 2) {
      const count = Math.min(run, left.rows!.length - left.row, right.rows!.length - right.row)
      if (count === 0) return
      const skipped = alike(left.row, right.row, count)
      if (skipped > 0) {
        left.advance(skipped)
        right.advance(skipped)
      }
      if (skipped < count) return
    }
  }

  #onlyOne(side: Side): RowDifference {
    const { place } = side
    const other = side === this.#left ? this.#right : this.#left
    const keyInBoth = [other.last, other.place].some(there => there !== null && sameKey(place!, there))
    side.advance(1)
    return side === this.#left
      ? { before: place, after: null, keyInBoth }
      : { before: null, after: place, keyInBoth }
  }

  #comparisons(left: EntryRows, right: EntryRows): PiecePair {
    if (this.#pair?.left === left && this.#pair.right === right) return this.#pair
    const compare = keyCompare(placeColumns(left), placeColumns(right))
    return (this.#pair = { left, right, alike: alikeRows(left, right), compare })
  }
}

/** What tells rows apart: all columns but the key group and the value. */
function placeColumns(rows: EntryRows): ReturnType<typeof columnsOf> {
  return columnsOf(rows).slice(1, -1)
}

/** Whether two rows are of one key. */
export function sameKey(a: RowPlace, b: RowPlace): boolean {
  return (
    a.rows.keyGroups[a.row] === b.rows.keyGroups[b.row] &&
    keyCompare(a.rows.keys, b.rows.keys)(a.row, b.row) === 0
  )
}
