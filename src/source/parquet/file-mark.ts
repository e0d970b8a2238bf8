/**
 * How a file is recognised again: size, modification time and the hash of its footer. Taken when the run starts and
 * compared when the decoder opens the file, after each piece that it reads, and when the file has been read.
 */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { badData } from '../../errors.ts'

/** A file as it was at one moment. */
export interface FileMark {
  readonly bytes: number
  /** Milliseconds since the epoch, with a fraction. */
  readonly modifiedMs: number
  /** sha-256 of the bytes from `footerStart` to the end, hexadecimal. */
  readonly footerHash: string
  readonly footerStart: number
}

/** What can be compared without reading. */
export type FileStat = Pick<FileMark, 'bytes' | 'modifiedMs'>

/** Size and time of an open file. */
export async function statOf(file: FileHandle): Promise<FileStat> {
  const { size, mtimeMs } = await file.stat()
  return { bytes: size, modifiedMs: mtimeMs }
}

/** Whether size and time are the same. */
export function sameStat(a: FileStat, b: FileStat): boolean {
  return a.bytes === b.bytes && a.modifiedMs === b.modifiedMs
}

/** The difference in words, for people. */
export function statText({ bytes, modifiedMs }: FileStat): string {
  return `${bytes} bytes of ${new Date(modifiedMs).toISOString()}`
}

/** Hash of the bytes of a footer. */
export function hashOf(footer: Uint8Array): string {
  return createHash('sha256').update(footer).digest('hex')
}

/** The bytes [start, end) of an open file; fewer where it ends earlier. */
export async function readRange(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, end - start))
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) return bytes.subarray(0, filled)
    filled += bytesRead
  }
  return bytes
}

const magicBytes = 4
const trailerBytes = 8 // the footer's length and the magic
const firstRead = 64 * 1024

/**
 * The footer's bytes, its length and the magic included.
 * Errors: `data` `not-parquet`, `truncated-file`, `encrypted-file`, naming `path`.
 */
export async function readFooterBytes(file: FileHandle, bytes: number, path: string): Promise<Uint8Array> {
  if (bytes < magicBytes + trailerBytes) throw await notParquet(file, bytes, path)
  const tail = await readRange(file, Math.max(0, bytes - firstRead), bytes)
  const magic = textOf(tail.subarray(tail.length - magicBytes))
  if (magic === 'PARE') throw encrypted(path)
  if (magic !== 'PAR1') throw await notParquet(file, bytes, path)
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - trailerBytes, 4).getUint32(0, true)
  const start = bytes - trailerBytes - length
  if (start < magicBytes) throw truncated(path, `a footer of ${length} bytes in a file of ${bytes}`)
  return start >= bytes - tail.length
    ? tail.slice(start - (bytes - tail.length))
    : await readRange(file, start, bytes)
}

/** A file whose end is not one of Parquet: one that begins like Parquet has lost its end. */
async function notParquet(file: FileHandle, bytes: number, path: string): Promise<Error> {
  const head = textOf(await readRange(file, 0, Math.min(bytes, magicBytes)))
  if (head === 'PAR1') return truncated(path, 'the beginning of one')
  const found = bytes === 0 ? 'an empty file' : `a file of ${bytes} bytes that does not begin or end like one`
  const remedy = 'leave it out of the pattern'
  return badData({ code: 'not-parquet', thing: path, expected: 'a Parquet file', found, remedy })
}

function truncated(path: string, found: string): Error {
  const remedy = 'wait until it is written, restore it, or leave it out of the pattern'
  return badData({ code: 'truncated-file', thing: path, expected: 'a whole Parquet file', found, remedy })
}

function encrypted(path: string): Error {
  const remedy = 'decrypt it first; encrypted Parquet is not read'
  return badData({ code: 'encrypted-file', thing: path, expected: 'plain Parquet', remedy })
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
