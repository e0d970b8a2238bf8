/**
 * Checks a segment's Arrow file as a whole: size, checksum, that its schema is the one that the manifest tells, and that
 * its footer names the same blocks as the index. Other readers go by schema and footer, ours by manifest and index.
 */
import { crc32 } from 'node:zlib'
import { footerBlocks, footerEndBytes } from '../codec/ipc-footer.ts'
import { schemaDifference } from '../codec/ipc-schema.ts'
import type { BlockIndex } from './block-index.ts'
import type { Findings } from './findings.ts'
import { withIoErrors } from './io-errors.ts'
import type { RegularFile } from './regular-file.ts'
import { segmentFields, type LayerPlace } from './segment-columns.ts'
import type { StateTable } from './savepoint.ts'
import { openSegmentFile, type SegmentFile } from './segment-file.ts'

/** What a file is checked against. */
export interface FileContext {
  readonly table: StateTable
  readonly layer: LayerPlace
  readonly findings: Findings
}

/** What the file's magic takes, with its padding, before the schema. */
const magicBytes = 8

/** Every byte of the file, against the manifest; whether all are as they were written. */
export async function verifyBytes({ path, info }: SegmentFile, findings: Findings): Promise<boolean> {
  const before = findings.errors
  await withFile(path, findings, async ({ file }) => {
    let crc = 0
    let bytes = 0
    const chunks: AsyncIterable<Buffer> = file.createReadStream({
      autoClose: false,
      highWaterMark: 1024 * 1024,
    })
    for await (const chunk of chunks) {
      crc = crc32(chunk, crc)
      bytes += chunk.length
    }
    if (bytes !== info.bytes) findings.error(path, `expected ${info.bytes} bytes, found ${bytes}`)
    if (crc !== info.crc32) findings.error(path, `expected crc32 ${info.crc32}, found ${crc}`)
  })
  return findings.errors === before
}

/** The schema before the first block. */
export async function verifySchema(
  { path }: SegmentFile,
  index: BlockIndex,
  context: FileContext,
): Promise<void> {
  const { table, layer, findings } = context
  await withFile(path, findings, async opened => {
    const head = await bytesAt(opened, magicBytes, index.blocks[0]!.offset)
    const difference = schemaDifference(head, segmentFields(table, layer), path)
    if (difference !== null)
      findings.error(path, `expected ${difference.expected}, found ${difference.found}`)
  })
}

/** The footer after the last block. */
export async function verifyFooter(
  { path }: SegmentFile,
  index: BlockIndex,
  findings: Findings,
): Promise<void> {
  await withFile(path, findings, async opened => {
    const footer = await footerOf(opened)
    if (footer === null) findings.error(path, 'expected the footer of an Arrow IPC file at its end')
    else if (!sameBlocks(footer, index, path))
      findings.error(path, 'its footer names other blocks than the index')
  })
}

function sameBlocks(footer: Uint8Array, index: BlockIndex, path: string): boolean {
  const blocks = footerBlocks(footer, path)
  if (blocks.length !== index.blocks.length) return false
  return index.blocks.every(({ offset, metadataBytes, bodyBytes }, i) => {
    const { offset: at, metadataLength, bodyLength } = blocks[i]!
    return at === offset && metadataLength === metadataBytes && bodyLength === bodyBytes
  })
}

/** The footer with what follows it; null when the file has none. */
async function footerOf(opened: RegularFile): Promise<Uint8Array | null> {
  const { bytes } = opened
  const length = footerEndBytes(await bytesAt(opened, Math.max(0, bytes - 10), bytes))
  return length === null || length > bytes ? null : bytesAt(opened, bytes - length, bytes)
}

async function bytesAt({ file, bytes }: RegularFile, start: number, end: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(Math.max(0, Math.min(end, bytes) - start))
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
  return buffer.subarray(0, bytesRead)
}

async function withFile(
  path: string,
  findings: Findings,
  work: (file: RegularFile) => Promise<void>,
): Promise<void> {
  await findings.collect(async () => {
    const opened = await openSegmentFile(path)
    await withIoErrors('reading a segment', path, () => work(opened)).finally(() => opened.file.close())
  })
}
