/** Cuts a stream of entries into blocks of about equal size, wherever the pieces that it came in began and ended. */
import { layoutOf } from '../codec/layout.ts'
import { childBytes } from '../codec/nested-rows.ts'
import type { Column } from '../record/column.ts'
import { columnsOf, concatRows, sliceRows } from './entry-rows.ts'
import type { EntryRows } from './savepoint.ts'

/** Bytes a row in a column's fixed-width buffer; what offsets take, for the others. */
const rowBytes = {
  bits: 1 / 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float32: 4,
  float64: 8,
  text: 4,
  bytes: 4,
  int128: 16,
  struct: 0,
  list: 4,
  map: 4,
}

/** Collects entries and gives them back as blocks. */
export class BlockCutter {
  readonly #blockBytes: number
  #pieces: EntryRows[] = []
  #bytes = 0

  /** `blockBytes`: what a block's columns have at most, unless a single row has more. */
  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
  }

  /** Takes entries and gives the blocks that are full. */
  *add(rows: EntryRows): Generator<EntryRows> {
    const size = sizer(rows)
    let start = 0
    while (start < rows.length) {
      const end = this.#fitting(size, start, rows.length)
      if (end > start) this.#take(sliceRows(rows, start, end), size(start, end))
      if (end < rows.length) yield this.#cut()
      start = end
    }
  }

  /** The last block, null when there are no rows left. */
  rest(): EntryRows | null {
    return this.#pieces.length === 0 ? null : this.#cut()
  }

  /** The end of the rows from `start` on that still fit; at least one row goes into an empty block. */
  #fitting(size: (start: number, end: number) => number, start: number, length: number): number {
    const room = this.#blockBytes - this.#bytes
    if (size(start, length) <= room) return length
    let least = this.#pieces.length === 0 ? start + 1 : start
    let most = length
    while (least < most) {
      const middle = (least + most + 1) >>> 1
      if (size(start, middle) <= room) least = middle
      else most = middle - 1
    }
    return least
  }

  #take(rows: EntryRows, bytes: number): void {
    this.#pieces.push(rows)
    this.#bytes += bytes
  }

  #cut(): EntryRows {
    const block = concatRows(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    return block
  }
}

/** The bytes of a range of rows over all columns. */
function sizer(rows: EntryRows): (start: number, end: number) => number {
  const columns = columnsOf(rows)
  const fixed = columns.reduce((sum, column) => sum + rowBytes[layoutOf(column.type)], 0)
  const variable = columns.filter(
    (column): column is Column & { offsets: Int32Array } =>
      column.offsets !== null && column.children === undefined,
  )
  const nested = columns.filter(column => column.children !== undefined)
  const flat = (start: number, end: number): number =>
    variable.reduce((sum, { offsets }) => sum + offsets[end]! - offsets[start]!, fixed * (end - start))
  if (nested.length === 0) return flat
  return (start, end) =>
    nested.reduce((sum, column) => sum + childBytes(column, start, end, rowBytes), flat(start, end))
}
