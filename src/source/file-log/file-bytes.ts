/** Reads ranges of an open file, and finds lines in them. */
import type { FileHandle } from 'node:fs/promises'
import { ioFault } from './io-fault.ts'
import { newline } from './record-line.ts'

/** An open segment. */
export interface OpenFile {
  readonly path: string
  readonly handle: FileHandle
}

/** The file's size in bytes, and how many names it has: 0 once it was deleted. */
export async function fileFacts(file: OpenFile): Promise<{ readonly bytes: number; readonly names: number }> {
  try {
    const { size, nlink } = await file.handle.stat()
    return { bytes: size, names: nlink }
  } catch (error) {
    throw ioFault(error, file.path)
  }
}

/** Fills `buffer` from byte `at` of the file; less only at the file's end. Returns the bytes read. */
export async function readInto(file: OpenFile, buffer: Buffer, at: number): Promise<number> {
  let filled = 0
  try {
    while (filled < buffer.length) {
      const { bytesRead } = await file.handle.read(buffer, filled, buffer.length - filled, at + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
  } catch (error) {
    throw ioFault(error, file.path)
  }
  return filled
}

/** A line in a file. */
export interface FileLine {
  readonly start: number
  /** Behind its newline, exclusive. */
  readonly end: number
  readonly text: string
}

const firstWindowBytes = 64 * 1024

/** The last complete line before byte `size`; null when there is none. */
export async function lastLine(file: OpenFile, size: number): Promise<FileLine | null> {
  for (let window = firstWindowBytes; ; window *= 4) {
    const from = Math.max(0, size - window)
    const buffer = Buffer.allocUnsafe(size - from)
    const bytes = buffer.subarray(0, await readInto(file, buffer, from))
    const end = bytes.lastIndexOf(newline)
    const before = end <= 0 ? -1 : bytes.lastIndexOf(newline, end - 1)
    if (end >= 0 && (before >= 0 || from === 0)) {
      return { start: from + before + 1, end: from + end + 1, text: bytes.toString('utf8', before + 1, end) }
    }
    if (from === 0) return null
  }
}

/** The first complete line that starts behind byte `at` and ends by byte `limit`; null when there is none. */
export async function lineBehind(file: OpenFile, at: number, limit: number): Promise<FileLine | null> {
  for (let window = firstWindowBytes; ; window *= 4) {
    const to = Math.min(limit, at + window)
    const buffer = Buffer.allocUnsafe(to - at)
    const bytes = buffer.subarray(0, await readInto(file, buffer, at))
    const before = bytes.indexOf(newline)
    const end = before < 0 ? -1 : bytes.indexOf(newline, before + 1)
    if (end >= 0)
      return { start: at + before + 1, end: at + end + 1, text: bytes.toString('utf8', before + 1, end) }
    if (to === limit) return null
  }
}
