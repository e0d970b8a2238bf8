/** What the entries of a state are like: keys and bytes, the biggest keys, how they are spread over key groups. */
import { keyReader } from '../codec/key-columns.ts'
import { layoutOf } from '../codec/layout.ts'
import type { Column } from '../record/column.ts'
import { keyCodec, type Key } from '../record/key.ts'
import { columnsOf } from './entry-rows.ts'
import { findState } from './find-state.ts'
import { readPinned } from './pinned.ts'
import { keyCompare } from './row-order.ts'
import { scanState, type ScanOptions } from './scan.ts'
import type { EntryRows, Savepoint, StateTable } from './savepoint.ts'

/** One key and what it has. */
export interface KeySize {
  readonly key: Key
  readonly keyGroup: number
  readonly rows: number
  /** Of its columns, without what files add. */
  readonly bytes: number
}

/** A state in numbers. */
export interface StateContents {
  readonly table: StateTable
  readonly keys: number
  readonly rows: number
  readonly bytes: number
  /** The biggest first, by bytes; none where all keys are alike. */
  readonly biggest: readonly KeySize[]
  /** Keys by key group, groups without any too. */
  readonly keysByGroup: readonly number[]
}

const shownKeys = 5

/** Reads the whole state. Errors: those of `pin` and `scanState`. */
export async function stateContents(
  savepoint: string | Savepoint,
  uid: string,
  state: string,
  { onRead }: Pick<ScanOptions, 'onRead'> = {},
): Promise<StateContents> {
  return readPinned(savepoint, async opened => {
    const { table } = findState(opened, uid, state)
    const counter = new KeyCounter(table, opened.manifest.keyGroups)
    for await (const rows of scanState(opened, uid, state, { onRead })) counter.add(rows)
    return counter.finish()
  })
}

class KeyCounter {
  readonly #table: StateTable
  readonly #keysByGroup: number[]
  readonly #biggest: KeySize[] = []
  #rows = 0
  #bytes = 0
  #keys = 0
  /** The key whose rows are still coming: its first row, rows and bytes so far. */
  #open: { readonly piece: EntryRows; readonly row: number; rows: number; bytes: number } | null = null
  #least = Infinity
  #most = 0

  constructor(table: StateTable, keyGroups: number) {
    this.#table = table
    this.#keysByGroup = new Array<number>(keyGroups).fill(0)
  }

  add(rows: EntryRows): void {
    const sizes = columnsOf(rows).slice(1).map(rowBytes)
    const within = keyCompare(rows.keys, rows.keys)
    this.#rows += rows.length
    for (let row = 0; row < rows.length; row++) {
      let bytes = 0
      for (const size of sizes) bytes += size(row)
      const open = this.#open
      const isSame = open !== null && isSameKey(open, rows, row, within)
      if (!isSame) {
        this.#close()
        this.#open = { piece: rows, row, rows: 0, bytes: 0 }
      }
      this.#open!.rows++
      this.#open!.bytes += bytes
    }
  }

  finish(): StateContents {
    this.#close()
    const biggest = this.#least === this.#most ? [] : this.#biggest
    return {
      table: this.#table,
      keys: this.#keys,
      rows: this.#rows,
      bytes: this.#bytes,
      biggest,
      keysByGroup: this.#keysByGroup,
    }
  }

  #close(): void {
    if (this.#open === null) return
    const { piece, row, rows, bytes } = this.#open
    this.#open = null
    this.#keys++
    this.#bytes += bytes
    this.#keysByGroup[piece.keyGroups[row]!]!++
    this.#least = Math.min(this.#least, bytes)
    this.#most = Math.max(this.#most, bytes)
    if (this.#biggest.length === shownKeys && bytes <= this.#biggest.at(-1)!.bytes) return
    const key = keyReader(keyCodec(this.#table.key), piece.keys)(row)
    this.#biggest.push({ key, keyGroup: piece.keyGroups[row]!, rows, bytes })
    this.#biggest.sort((a, b) => b.bytes - a.bytes)
    this.#biggest.length = Math.min(this.#biggest.length, shownKeys)
  }
}

function isSameKey(
  open: { readonly piece: EntryRows; readonly row: number },
  rows: EntryRows,
  row: number,
  within: (a: number, b: number) => number,
): boolean {
  if (open.piece.keyGroups[open.row] !== rows.keyGroups[row]) return false
  if (open.piece === rows) return within(open.row, row) === 0
  return keyCompare(open.piece.keys, rows.keys)(open.row, row) === 0
}

/** Bytes of a row in a column; of a nested one, those of all its parts are shared out evenly. */
function rowBytes(column: Column): (row: number) => number {
  const { offsets, values, length } = column
  const layout = layoutOf(column.type)
  if ((layout === 'text' || layout === 'bytes') && offsets !== null)
    return row => 4 + offsets[row + 1]! - offsets[row]!
  if (layout === 'bits') return () => 1
  const children = (column as { readonly children?: readonly Column[] | null }).children ?? []
  if (children.length === 0) return () => values.BYTES_PER_ELEMENT
  const sizes = children.map(rowBytes)
  if (offsets === null) return row => sizes.reduce((sum, size) => sum + size(row), 0)
  return row => {
    let sum = 4
    for (let item = offsets[row]!; item < offsets[row + 1]!; item++)
      for (const size of sizes) sum += size(item)
    return row < length ? sum : 0
  }
}
