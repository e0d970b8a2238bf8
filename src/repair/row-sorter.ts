/**
 * Sorts entries that got other keys or key groups: runs that fit in memory are sorted and written aside, then merged.
 *
 * S1. A row's number in the order of arrival is a last field of its key while it is sorted, so that rows of one key stay in
 *     that order, in a run and between runs, and a run never has a key twice.
 * S2. Of maps the lowest bit of that number says whether the row goes on with the entry of the one before (entry-starts.ts), and
 *     so the beginnings of entries outlive the files.
 * S3. What arrives fits in one run most often; nothing is written then.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { concatRows, gatherRows } from '../savepoint/entry-rows.ts'
import { LayerCursor } from '../savepoint/layer-cursor.ts'
import { layerBlocks } from '../savepoint/layer-blocks.ts'
import type { SegmentInfo } from '../savepoint/manifest.ts'
import { keyCompare } from '../savepoint/row-order.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { SegmentFile } from '../savepoint/segment-file.ts'
import { segmentsFolder, type WriteFolder } from '../savepoint/write-folder.ts'
import { rowsInOrder } from './rows-in-order.ts'

const arrival = { name: '#arrival', type: { kind: 'int64' } } as const

/** How many rows are sorted in memory. */
export const defaultRunRows: number = 250_000

/** Takes rows in any order; their key groups are right already. */
export class RowSorter {
  readonly #table: StateTable
  readonly #scratch: () => Promise<string>
  readonly #runRows: number
  #pieces: EntryRows[] = []
  #held = 0
  #arrived = 0n
  readonly #runs: SegmentInfo[] = []
  #folder: string | null = null

  /** `scratch`: a folder for what does not fit, asked for when needed. */
  constructor(table: StateTable, scratch: () => Promise<string>, runRows: number = defaultRunRows) {
    this.#table = { ...table, key: { fields: [...table.key.fields, arrival] } }
    this.#scratch = scratch
    this.#runRows = runRows
  }

  /** Takes rows. Errors: `unavailable`, when they can't be written aside. */
  async add(rows: EntryRows): Promise<void> {
    if (rows.length === 0) return
    this.#pieces.push(this.#numbered(rows))
    this.#held += rows.length
    if (this.#held >= this.#runRows) await this.#writeRun()
  }

  /** All rows by key group and key, those of one key in the order in which they came. */
  async *sorted(): AsyncGenerator<EntryRows> {
    if (this.#runs.length === 0) {
      if (this.#held > 0) yield this.#plain(this.#sortedRun())
      return
    }
    if (this.#held > 0) await this.#writeRun()
    const folder = this.#folder!
    const cursors = this.#runs.map(
      (info, run) =>
        new LayerCursor(run, layerBlocks([new SegmentFile(folder, info, this.#table, 'base')], info.groups)),
    )
    for await (const rows of rowsInOrder(cursors)) yield this.#plain(rows)
  }

  get #isMap(): boolean {
    return this.#table.state.kind === 'map'
  }

  /** Without the number of arrival. */
  #plain(rows: EntryRows): EntryRows {
    const keys = rows.keys.slice(0, -1)
    if (!this.#isMap) return { ...rows, keys }
    const arrived = rows.keys.at(-1)!.values as BigInt64Array
    return {
      ...rows,
      keys,
      index: Int32Array.from(arrived.subarray(0, rows.length), number => Number(number & 1n)),
    }
  }

  #numbered(rows: EntryRows): EntryRows {
    const { length, keys, index } = rows
    const goesOn = this.#isMap ? index : null
    const values = BigInt64Array.from({ length }, (_, row) => {
      this.#arrived += 2n
      return goesOn !== null && goesOn[row] !== 0 ? this.#arrived | 1n : this.#arrived
    })
    const column = { type: arrival.type, length, validity: null, values, offsets: null }
    return { ...rows, index: this.#isMap ? null : index, keys: [...keys, column] }
  }

  #sortedRun(): EntryRows {
    const rows = concatRows(this.#pieces)
    this.#pieces = []
    this.#held = 0
    const compare = keyCompare(rows.keys, rows.keys)
    const { keyGroups } = rows
    const order = Int32Array.from({ length: rows.length }, (_, i) => i)
    order.sort((a, b) => keyGroups[a]! - keyGroups[b]! || compare(a, b))
    return gatherRows(rows, order)
  }

  async #writeRun(): Promise<void> {
    if (this.#folder === null) {
      this.#folder = join(await this.#scratch(), `sort-${this.#table.uid}-${this.#table.state.name}`)
      await mkdir(join(this.#folder, segmentsFolder), { recursive: true })
    }
    const folder: WriteFolder = {
      path: this.#folder,
      attempt: '',
      scratch: '',
      segmentName: () => `run-${this.#runs.length}`,
    }
    const { openSegment } = await import('../savepoint/segment-writer.ts') // as in new-savepoint.ts
    const writer = openSegment(folder, this.#table, 'base')
    try {
      writer.append(this.#sortedRun())
      this.#runs.push(await writer.finish())
    } catch (error) {
      writer.abandon()
      throw error
    }
  }
}
