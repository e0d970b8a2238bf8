/** Where a partition begins and ends. */
import { open } from 'node:fs/promises'
import { hasErrno } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { LogPartition } from '../log.ts'
import { fileFacts, lastLine, type OpenFile } from './file-bytes.ts'
import { ioFault } from './io-fault.ts'
import { badRecord } from './record-line.ts'
import { listSegments, partitionFolder } from './segment.ts'

/** The end of a segment. */
export interface SegmentEnd {
  /** The offset behind its last complete line. */
  readonly next: Offset
  /** The bytes of its complete lines. */
  readonly bytes: number
  /** Bytes of a torn line behind them. */
  readonly tornBytes: number
}

/** Earliest and latest of a partition, complete lines only. */
export async function partitionEnds(dir: string, partition: number): Promise<LogPartition> {
  const segments = await listSegments(partitionFolder(dir, partition))
  const newest = segments.at(-1) ?? segments[0]
  const file = await openSegment(newest.path)
  if (!file) return partitionEnds(dir, partition) // deleted since it was listed: list again, or say that it vanished
  try {
    const { next } = await segmentEnd(file, newest.first)
    return { partition, earliest: segments[0].first, latest: next }
  } finally {
    await file.handle.close()
  }
}

/** Opens a segment for reading; null when it is gone. */
export async function openSegment(path: string): Promise<OpenFile | null> {
  try {
    return { path, handle: await open(path, 'r') }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return null
    throw ioFault(error, path)
  }
}

/** The end of an open segment whose first offset is `first`. */
export async function segmentEnd(file: OpenFile, first: Offset): Promise<SegmentEnd> {
  const { bytes } = await fileFacts(file)
  const last = await lastLine(file, bytes)
  if (!last) return { next: first, bytes: 0, tornBytes: bytes }
  return { next: offsetOfLine(last.text, file.path, first) + 1, bytes: last.end, tornBytes: bytes - last.end }
}

/** The offset that a complete line of a segment carries; `data` `bad-record` when it can't be in that segment. */
export function offsetOfLine(line: string, path: string, first: Offset): Offset {
  let offset: unknown
  try {
    offset = (JSON.parse(line) as { offset?: unknown } | null)?.offset
  } catch {
    offset = undefined
  }
  if (Number.isSafeInteger(offset) && (offset as number) >= first) return offset as Offset
  throw badRecord({ path, first }, first, `a line with offset ${JSON.stringify(offset)}`)
}
