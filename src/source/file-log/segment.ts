/** Segments: the files of a partition, found by their names. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno, unavailable } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import { ioFault } from './io-fault.ts'

/** A file of records. */
export interface Segment {
  /** The offset of its first record, from its name; the end of the segment before it. */
  readonly first: Offset
  readonly path: string
}

const segmentPattern = /^(\d{20})\.ndjson$/

/** The folder of a partition. */
export function partitionFolder(dir: string, partition: number): string {
  return join(dir, `p${partition}`)
}

/** The path of the segment that begins with that offset. */
export function segmentPath(folder: string, first: Offset): string {
  return join(folder, `${String(first).padStart(20, '0')}.ndjson`)
}

/** The segments of a partition, oldest first; never empty. Errors: `unavailable` `log-vanished`, `io`. */
export async function listSegments(folder: string): Promise<readonly [Segment, ...Segment[]]> {
  const [oldest, ...others] = await segmentsIn(folder)
  if (oldest) return [oldest, ...others]
  const remedy = 'restore the folder: its newest segment holds the next offset and must stay'
  throw unavailable({
    code: 'log-vanished',
    thing: folder,
    expected: 'at least one segment',
    found: 'none',
    remedy,
  })
}

/** As `listSegments`, but empty where there is no folder or no segment. */
export async function segmentsIn(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw ioFault(error, folder)
  })
  return names
    .flatMap(name => {
      const digits = segmentPattern.exec(name)?.[1]
      return digits === undefined ? [] : [{ first: Number(digits), path: join(folder, name) }]
    })
    .sort((a, b) => a.first - b.first)
}
