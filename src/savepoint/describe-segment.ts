/**
 * Describes everything that is wrong with one segment: both files by size and checksum, every block by itself, and its rows
 * against order, keys and manifest. For a segment that verify-segment.ts, which looks at whole columns, found wrong.
 */
import { countBits } from '../codec/bitmap.ts'
import { hashKeys } from '../codec/key-columns.ts'
import type { Column } from '../record/column.ts'
import { keyGroupOf } from '../record/key-group.ts'
import { keyCodec, type KeyCodec } from '../record/key.ts'
import type { BlockIndex } from './block-index.ts'
import { wrongValue } from './column-values.ts'
import { EntryOrder } from './entry-order.ts'
import { sliceRows } from './entry-rows.ts'
import { keyCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'
import type { SegmentFile } from './segment-file.ts'
import { verifyBytes, verifyFooter, verifySchema, type FileContext } from './verify-file.ts'

/** What a segment is checked against. */
export interface SegmentContext extends FileContext {
  readonly keyGroups: number
}

/** Adds what is wrong to the findings. */
export async function describeSegment(segment: SegmentFile, context: SegmentContext): Promise<void> {
  const { findings } = context
  const isIntact = await verifyBytes(segment, findings)
  const index = await findings.collect(() => segment.index())
  if (index === null) return
  if (isIntact) await verifySchema(segment, index, context)
  await verifyFooter(segment, index, findings)
  const rows = new SegmentRows(segment, index, context)
  for (let block = 0; block < index.blocks.length; block++) {
    const pieces = await findings.collect(() => segment.blocks(block, block + 1))
    if (pieces?.[0]) rows.add(pieces[0], block)
  }
  rows.finish()
}

/** The rows of a segment's blocks, checked as they come. */
class SegmentRows {
  readonly #segment: SegmentFile
  readonly #index: BlockIndex
  readonly #context: SegmentContext
  readonly #codec: KeyCodec
  readonly #order = new EntryOrder()
  #tombstones = 0
  #blocks = 0

  constructor(segment: SegmentFile, index: BlockIndex, context: SegmentContext) {
    this.#segment = segment
    this.#index = index
    this.#context = context
    this.#codec = keyCodec(context.table.key)
  }

  add(rows: EntryRows, block: number): void {
    this.#blocks++
    const { offset, rows: expected } = this.#index.blocks[block]!
    const where = `${this.#segment.path}: block at ${offset}`
    const wrongs = [
      rows.length === expected ? null : `expected ${expected} rows, found ${rows.length}`,
      this.#wrongOrder(rows),
      this.#wrongFirstKey(rows, block),
      this.#wrongGroup(rows),
      this.#wrongValue(rows),
    ]
    for (const wrong of wrongs) if (wrong !== null) this.#context.findings.error(where, wrong)
    if (rows.deleted !== null) this.#tombstones += countBits(rows.deleted, rows.length)
  }

  /** What can be said of the whole, if every block could be read. */
  finish(): void {
    const { info, path } = this.#segment
    if (this.#blocks < this.#index.blocks.length || this.#tombstones === info.tombstones) return
    this.#context.findings.error(path, `expected ${info.tombstones} tombstones, found ${this.#tombstones}`)
  }

  #wrongOrder(rows: EntryRows): string | null {
    const wrong = this.#order.check(rows)
    return wrong && `row ${wrong.row}: ${wrong.what}`
  }

  #wrongFirstKey(rows: EntryRows, block: number): string | null {
    const { firstGroups, firstKeys } = this.#index
    const first = sliceRows(rows, 0, 1)
    const same =
      firstGroups[block] === first.keyGroups[0] && keyCompare(firstKeys, first.keys)(block, 0) === 0
    return same ? null : 'the index has another first key'
  }

  #wrongGroup(rows: EntryRows): string | null {
    const { keyGroups } = this.#context
    const [first, end] = this.#segment.info.groups
    const hashes = new Int32Array(rows.length)
    hashKeys(this.#codec, rows.keys, hashes)
    for (let row = 0; row < rows.length; row++) {
      const group = rows.keyGroups[row]!
      const expected = keyGroupOf(hashes[row]!, keyGroups)
      if (group !== expected) return `row ${row}: the key belongs to group ${expected}, found in ${group}`
      if (group < first || group >= end)
        return `row ${row}: key group ${group} is outside of ${first} to ${end}`
    }
    return null
  }

  #wrongValue({ keys, mapKey, value, deleted }: EntryRows): string | null {
    for (const key of keys) {
      const wrong = wrongValue(key, null)
      if (wrong !== null) return `key: ${wrong}`
    }
    const wrong = mapKey ? wrongValue(mapKey, absentBits(mapKey)) : null
    return wrong === null ? wrongValue(value, deleted) : `map_key: ${wrong}`
  }
}

/** The rows without a value: in a map's delta these are tombstones, or the block would not have been read. */
export function absentBits({ validity }: Column): Uint8Array | null {
  return validity && validity.map(byte => ~byte)
}
