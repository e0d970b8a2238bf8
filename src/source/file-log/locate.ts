/** Finds a record in a segment without reading it all: a search over bytes, since offsets count up by one a line. */
import type { Offset } from '../../record/position.ts'
import { fileFacts, lineBehind, readInto, type OpenFile } from './file-bytes.ts'
import { offsetOfLine } from './partition-ends.ts'
import { newline } from './record-line.ts'

/** A line's start: byte `at` of the segment is where record `offset` begins, or will begin. */
export interface LineStart {
  readonly at: number
  readonly offset: Offset
}

const scanBytes = 256 * 1024

/** Where record `wanted` begins; the end of the complete lines when the segment does not reach it. */
export async function locate(file: OpenFile, first: Offset, wanted: Offset): Promise<LineStart> {
  if (wanted === first) return { at: 0, offset: first }
  const { bytes } = await fileFacts(file)
  return skipLines(file, await lineBefore(file, first, wanted, bytes), wanted, bytes)
}

/** A line at or before `wanted`, close to it. */
async function lineBefore(file: OpenFile, first: Offset, wanted: Offset, bytes: number): Promise<LineStart> {
  let low: LineStart = { at: 0, offset: first } // its offset <= wanted
  let high = bytes // lines that start behind it are past `wanted`, or not complete
  while (high - low.at > scanBytes) {
    const middle = low.at + Math.floor((high - low.at) / 2)
    const line = await lineBehind(file, middle, bytes)
    const offset = line === null ? Infinity : offsetOfLine(line.text, file.path, first)
    if (line === null || offset > wanted) high = middle
    else low = { at: line.start, offset }
  }
  return low
}

async function skipLines(file: OpenFile, from: LineStart, wanted: Offset, bytes: number): Promise<LineStart> {
  let { at, offset } = from
  const buffer = Buffer.allocUnsafe(scanBytes)
  for (let read = at; offset < wanted && read < bytes;) {
    const chunk = buffer.subarray(0, await readInto(file, buffer, read))
    if (chunk.length === 0) break
    for (
      let end = chunk.indexOf(newline);
      end >= 0 && offset < wanted;
      end = chunk.indexOf(newline, end + 1)
    ) {
      at = read + end + 1
      offset++
    }
    read += chunk.length
  }
  return { at, offset }
}
