/**
 * One pass over all bytes of a segment's file, in order and with large reads, one of them ahead: for who checks it, not for
 * who looks something up. Each byte is read and summed once; the file's sum is put together from those of its blocks.
 *
 * Buffers are used again: what was made of a block is whole until the block after the next one is asked for.
 */
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { BlockEntry, BlockIndex } from './block-index.ts'
import { combinedCrc32 } from './crc-combine.ts'
import { closeQuietly } from './durable.ts'
import { withIoErrors } from './io-errors.ts'
import { openSegmentFile, type SegmentFile } from './segment-file.ts'

/** Read at once, unless one block alone is larger. */
const chunkBytes = 1024 * 1024
/** One is looked at, one may be held by who is a block behind, one is being filled. */
const buffers = 3

/** A block whose checksum is right. */
export interface SummedBlock {
  readonly number: number
  readonly entry: BlockEntry
  readonly bytes: Uint8Array
}

/** Whole blocks, and what stands before the first and after the last. */
interface Chunk {
  readonly start: number
  readonly end: number
  readonly firstBlock: number
  readonly endBlock: number
}

/**
 * The blocks in order, as far as all sums are right. `whole` is true at the end where the file is as it was written: size,
 * sum of each block, sum of all. Errors: those of `SegmentFile.blocks`.
 */
export class SegmentPass {
  whole = false
  readonly #segment: SegmentFile
  readonly #index: BlockIndex
  readonly #ring: Buffer[] = []
  #crc = 0

  constructor(segment: SegmentFile, index: BlockIndex) {
    this.#segment = segment
    this.#index = index
  }

  async *blocks(): AsyncGenerator<SummedBlock> {
    const { info, path } = this.#segment
    const { file, bytes } = await openSegmentFile(path)
    try {
      if (bytes === info.bytes) yield* this.#blocksOf(file)
    } finally {
      await closeQuietly(file)
    }
  }

  /** All of it, for its sums alone. */
  async readAll(): Promise<void> {
    const blocks = this.blocks()
    while (!(await blocks.next()).done);
  }

  async *#blocksOf(file: FileHandle): AsyncGenerator<SummedBlock> {
    const { info } = this.#segment
    const { blocks } = this.#index
    const chunks = chunksOf(blocks, info.bytes)
    let ahead = this.#read(file, chunks, 0)
    for (const [i, chunk] of chunks.entries()) {
      const bytes = await ahead
      if (bytes === null) return
      ahead = this.#read(file, chunks, i + 1)
      let at = chunk.start
      for (let number = chunk.firstBlock; number < chunk.endBlock; number++) {
        const entry = blocks[number]!
        this.#add(bytes.subarray(at - chunk.start, entry.offset - chunk.start))
        at = entry.offset + entry.metadataBytes + entry.bodyBytes
        const block = bytes.subarray(entry.offset - chunk.start, at - chunk.start)
        if (crc32(block) !== entry.crc32) return void (await ahead)
        this.#crc = combinedCrc32(this.#crc, entry.crc32, block.length)
        yield { number, entry, bytes: block }
      }
      this.#add(bytes.subarray(at - chunk.start))
    }
    this.whole = this.#crc === info.crc32
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#crc = crc32(bytes, this.#crc)
  }

  /** Null at the end of a file that has become shorter. A failure is kept until it is asked for. */
  #read(file: FileHandle, chunks: readonly Chunk[], number: number): Promise<Buffer | null> {
    const chunk = chunks[number]
    if (chunk === undefined) return Promise.resolve(null)
    const bytes = this.#bufferFor(number, chunk.end - chunk.start)
    const reading = withIoErrors('reading a segment', this.#segment.path, async () => {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, chunk.start)
      return bytesRead === bytes.length ? bytes : null
    })
    reading.catch(() => undefined)
    return reading
  }

  #bufferFor(number: number, bytes: number): Buffer {
    const place = number % buffers
    const known = this.#ring[place]
    if (known !== undefined && known.length >= bytes) return known.subarray(0, bytes)
    const made = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(chunkBytes, this.#segment.info.bytes)))
    this.#ring[place] = made
    return made.subarray(0, bytes)
  }
}

/** The index's blocks lie one behind another within the file, or it would not have been read. */
function chunksOf(blocks: readonly BlockEntry[], fileBytes: number): readonly Chunk[] {
  const chunks: Chunk[] = []
  let start = 0
  let firstBlock = 0
  let end = blocks[0]!.offset
  for (const [i, { metadataBytes, bodyBytes }] of blocks.entries()) {
    const next = end + metadataBytes + bodyBytes
    if (next - start > chunkBytes && i > firstBlock) {
      chunks.push({ start, end, firstBlock, endBlock: i })
      start = end
      firstBlock = i
    }
    end = next
  }
  chunks.push({ start, end: fileBytes, firstBlock, endBlock: blocks.length })
  return chunks
}
