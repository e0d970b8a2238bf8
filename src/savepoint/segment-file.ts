/**
 * Reads one segment: its block index once, its blocks as they are asked for. Whatever a file holds, the outcome is
 * entries that passed their checksum, or an error that names the file.
 */
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { badData, hasCode, type HeadwaterError } from '../errors.ts'
import { parseBlockIndex, type BlockEntry, type BlockIndex } from './block-index.ts'
import { BlockDecoder } from './block-decoder.ts'
import { closeQuietly } from './durable.ts'
import { withIoErrors } from './io-errors.ts'
import type { SegmentInfo } from './manifest.ts'
import { openRegularFile, type RegularFile } from './regular-file.ts'
import type { LayerPlace } from './segment-columns.ts'
import type { EntryRows, StateTable } from './savepoint.ts'
import { indexPath, segmentPath } from './write-folder.ts'

/** A segment of a savepoint, open for reading by any number of reads at once. */
export class SegmentFile {
  readonly info: SegmentInfo
  readonly path: string
  readonly #indexPath: string
  readonly #table: StateTable
  readonly #decoder: BlockDecoder
  #index: Promise<BlockIndex> | null = null
  #file: Promise<FileHandle> | null = null

  constructor(folder: string, info: SegmentInfo, table: StateTable, layer: LayerPlace) {
    this.info = info
    this.path = segmentPath(folder, info.name)
    this.#indexPath = indexPath(folder, info.name)
    this.#table = table
    this.#decoder = new BlockDecoder(table, layer)
  }

  /** The block index, read at the first call. Errors: `data`, codes `missing-segment` and `corrupt-index`; `unavailable`. */
  index(): Promise<BlockIndex> {
    return (this.#index ??= this.#readIndex())
  }

  /**
   * The blocks [first, end) by one read. Errors: `data`, codes `missing-segment`, and `corrupt-segment` or `corrupt-block` with the
   * block's place; `unavailable`.
   */
  async blocks(first: number, end: number): Promise<EntryRows[]> {
    const entries = (await this.index()).blocks.slice(first, end)
    const buffers = entries.map(({ metadataBytes, bodyBytes }) => new Uint8Array(metadataBytes + bodyBytes))
    await this.#read(buffers, entries[0]!.offset)
    return entries.map((entry, i) => this.#decode(entry, buffers[i]!))
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => null)
    this.#file = null
    if (file) await closeQuietly(file)
  }

  async #readIndex(): Promise<BlockIndex> {
    const { bytes, crc32: expected } = this.info.index
    const file = await openWhole(this.#indexPath, bytes)
    try {
      const content = await withIoErrors('reading the block index', this.#indexPath, () => file.readFile())
      const found = crc32(content)
      if (found !== expected) throw corrupt(this.#indexPath, `crc32 ${expected}`, String(found))
      const index = parseBlockIndex(content.toString(), this.#table.key, this.#indexPath)
      this.#checkIndex(index)
      return index
    } finally {
      await closeQuietly(file)
    }
  }

  /** Blocks lie one behind another within the file, so that neighbours can be read at once. */
  #checkIndex({ blocks }: BlockIndex): void {
    const { info } = this
    if (blocks.length !== info.blocks)
      throw corrupt(this.#indexPath, `${info.blocks} blocks`, String(blocks.length))
    let end = blocks[0]!.offset
    let rows = 0
    for (const [i, block] of blocks.entries()) {
      if (block.offset !== end) throw corrupt(this.#indexPath, `block ${i} at ${end}`, `at ${block.offset}`)
      end += block.metadataBytes + block.bodyBytes
      rows += block.rows
    }
    if (end > info.bytes) throw corrupt(this.#indexPath, `blocks within ${info.bytes} bytes`, `up to ${end}`)
    if (rows !== info.rows) throw corrupt(this.#indexPath, `${info.rows} rows`, String(rows))
  }

  async #read(buffers: Uint8Array[], position: number): Promise<void> {
    const file = await (this.#file ??= openWhole(this.path, this.info.bytes))
    const wanted = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    const { bytesRead } = await withIoErrors('reading a segment', this.path, () =>
      file.readv(buffers, position),
    )
    if (bytesRead < wanted) throw corrupt(this.path, `${wanted} bytes at ${position}`, `${bytesRead} bytes`)
  }

  #decode(entry: BlockEntry, bytes: Uint8Array): EntryRows {
    const found = crc32(bytes)
    const thing = `${this.path}: block at ${entry.offset}`
    if (found !== entry.crc32) throw corrupt(thing, `crc32 ${entry.crc32}`, String(found))
    const rows = this.#decoder.decode(bytes, thing)
    if (rows.length !== entry.rows) throw corrupt(thing, `${entry.rows} rows`, String(rows.length))
    return rows
  }
}

/** Opens a file of a segment, which must be there. Errors: `data`, code `missing-segment`; `unavailable`. */
export async function openSegmentFile(path: string): Promise<RegularFile> {
  return openRegularFile(path, 'missing-segment').catch((error: unknown) => {
    throw hasCode(error, 'no-such-file') ? missing(path) : error
  })
}

async function openWhole(path: string, bytes: number): Promise<FileHandle> {
  const opened = await openSegmentFile(path)
  if (opened.bytes === bytes) return opened.file
  await closeQuietly(opened.file)
  throw corrupt(path, `a file of ${bytes} bytes`, `${opened.bytes} bytes`)
}

const remedy = 'restore the savepoint from a copy, or use another'

function missing(path: string): HeadwaterError {
  return badData({
    code: 'missing-segment',
    thing: path,
    expected: 'a file of the savepoint',
    found: 'nothing',
    remedy,
  })
}

function corrupt(thing: string, expected: string, found: string): HeadwaterError {
  return badData({ code: 'corrupt-segment', thing, expected, found, remedy })
}
