/**
 * Writes one segment: sorted entries → blocks of an Arrow IPC file, with the block index beside it. Both files have names
 * that nothing refers to until a manifest does; `finish` makes them durable.
 */
import { crc32 } from 'node:zlib'
import { ipcFileWriter } from '../codec/arrow.ts'
import { bitmapBytes, countBits } from '../codec/bitmap.ts'
import type { IpcFileWriter } from '../codec/ipc.ts'
import { internal, type HeadwaterError } from '../errors.ts'
import { typeName } from '../record/type.ts'
import { entryKeyType, entryType } from '../state/state.ts'
import { BlockCutter } from './block-cutter.ts'
import { BlockIndexText } from './block-index.ts'
import { EntryOrder } from './entry-order.ts'
import { formatVersion, type SegmentInfo } from './manifest.ts'
import { NewFile } from './new-file.ts'
import { fileColumns, segmentFields, type LayerPlace } from './segment-columns.ts'
import type { EntryRows, StateTable } from './savepoint.ts'
import { indexPath, segmentPath, type WriteFolder } from './write-folder.ts'

/**
 * What a block has at most, unless one row has more. Measured on 1 M keys: a fetch of 256 scattered keys takes 7 ms at
 * 8 KiB, 8 at 16, 9 at 32, 11 at 64, 13 at 128; of 4096 keys 42, 29, 26, 22, 22; the index is 4 times smaller than at 8.
 */
export const defaultBlockBytes: number = 32 * 1024

/** How to write. */
export interface SegmentOptions {
  readonly blockBytes?: number
  /** A name of one's own, unique in the folder. */
  readonly name?: string
}

/** A segment that is being written. */
export interface SegmentWriter {
  /** Rows taken so far. */
  readonly rows: number
  /** Bytes written so far; less than the file will have. */
  readonly bytes: number
  /**
   * Takes the next entries; their buffers are the writer's from here on. Errors: `internal`, code `bad-rows`, when they
   * are out of order or of another schema; `unavailable` when they can't be written, after which only `abandon` is left.
   */
  append(rows: EntryRows): void
  /** Makes the segment durable. Errors: `unavailable`; `internal`, code `empty-segment`, when there are no rows. */
  finish(): Promise<SegmentInfo>
  /** Removes what was written; never throws. */
  abandon(): void
}

/** Begins a segment in `folder`'s `segments/`. Nothing is opened before the first block is full. */
export function openSegment(
  folder: WriteFolder,
  table: StateTable,
  layer: LayerPlace,
  options: SegmentOptions = {},
): SegmentWriter {
  return new FileSegmentWriter(folder, table, layer, options)
}

class FileSegmentWriter implements SegmentWriter {
  readonly #name: string
  readonly #table: StateTable
  readonly #layer: LayerPlace
  readonly #file: NewFile
  readonly #indexFile: NewFile
  readonly #ipc: IpcFileWriter
  readonly #order = new EntryOrder()
  readonly #cutter: BlockCutter
  readonly #index = new BlockIndexText()
  #firstGroup = 0
  #lastGroup = 0
  #tombstones = 0
  rows = 0

  constructor(folder: WriteFolder, table: StateTable, layer: LayerPlace, options: SegmentOptions) {
    this.#name = options.name ?? folder.segmentName(table.uid, table.state.name)
    this.#table = table
    this.#layer = layer
    this.#file = new NewFile(segmentPath(folder.path, this.#name))
    this.#indexFile = new NewFile(indexPath(folder.path, this.#name))
    this.#cutter = new BlockCutter(options.blockBytes ?? defaultBlockBytes)
    this.#ipc = ipcFileWriter(segmentFields(table, layer), schemaMetadata(table, layer))
    this.#file.write(this.#ipc.head)
  }

  get bytes(): number {
    return this.#file.bytes
  }

  append(given: EntryRows): void {
    if (given.length === 0) return
    const rows = this.#layer === 'delta' ? withTombstoneBits(given) : given
    this.#check(rows)
    if (this.rows === 0) this.#firstGroup = rows.keyGroups[0]!
    this.#lastGroup = rows.keyGroups[rows.length - 1]!
    this.rows += rows.length
    for (const block of this.#cutter.add(rows)) this.#writeBlock(block)
  }

  async finish(): Promise<SegmentInfo> {
    const rest = this.#cutter.rest()
    if (rest !== null) this.#writeBlock(rest)
    if (this.rows === 0) throw this.#error('empty-segment', 'at least one row', 'none')
    this.#file.write(this.#ipc.finish())
    this.#indexFile.write(Buffer.from(this.#index.text()))
    try {
      await this.#file.finish()
      await this.#indexFile.finish()
    } catch (error) {
      this.abandon()
      throw error
    }
    return this.#info()
  }

  abandon(): void {
    this.#file.abandon()
    this.#indexFile.abandon()
  }

  #info(): SegmentInfo {
    return {
      name: this.#name,
      groups: [this.#firstGroup, this.#lastGroup + 1],
      rows: this.rows,
      tombstones: this.#tombstones,
      blocks: this.#index.blocks,
      bytes: this.#file.bytes,
      crc32: this.#file.crc32,
      index: { bytes: this.#indexFile.bytes, crc32: this.#indexFile.crc32 },
    }
  }

  #writeBlock(rows: EntryRows): void {
    if (rows.deleted !== null) this.#tombstones += countBits(rows.deleted, rows.length)
    const { bytes, block } = this.#ipc.batch(fileColumns(rows))
    const { offset, metadataLength, bodyLength } = block
    const entry = {
      offset,
      metadataBytes: metadataLength,
      bodyBytes: bodyLength,
      rows: rows.length,
      crc32: crc32(bytes),
    }
    this.#index.add(entry, rows)
    this.#file.write(bytes)
  }

  #check(rows: EntryRows): void {
    this.#checkShape(rows)
    const wrong = this.#order.check(rows)
    if (wrong)
      throw this.#error('bad-rows', 'entries in order', `row ${this.rows + wrong.row}: ${wrong.what}`)
  }

  #checkShape({ keys, index, mapKey, deleted, value }: EntryRows): void {
    const { key, state } = this.#table
    const entryKey = entryKeyType(state)
    const entryKeys = mapKey ? [mapKey] : []
    const found = [...keys, ...entryKeys, value].map(column => typeName(column.type)).join(', ')
    const types = [...key.fields.map(field => field.type), ...(entryKey ? [entryKey] : []), entryType(state)]
    const expected = types.map(typeName).join(', ')
    if (found !== expected) throw this.#error('bad-rows', `columns ${expected}`, found)
    if ((index !== null) !== (state.kind === 'list'))
      throw this.#error('bad-rows', 'an index for lists only', 'other')
    if (deleted !== null && this.#layer === 'base')
      throw this.#error('bad-rows', 'no tombstones in the base', 'some')
  }

  #error(code: string, expected: string, found: string): HeadwaterError {
    const thing = `segment of ${this.#table.uid}/${this.#table.state.name}`
    return internal({ code, thing, expected, found })
  }
}

function withTombstoneBits(rows: EntryRows): EntryRows {
  return rows.deleted === null ? { ...rows, deleted: new Uint8Array(bitmapBytes(rows.length)) } : rows
}

/** Says in the file itself what it is; readers of savepoints go by the manifest. */
function schemaMetadata({ uid, state }: StateTable, layer: LayerPlace): Readonly<Record<string, string>> {
  const { name, kind, type } = state
  return {
    'headwater.format': String(formatVersion),
    'headwater.state': JSON.stringify({ uid, name, kind, type, layer }),
  }
}
