/** Retention: deletes whole segments from the old end. The newest one always stays, since it holds the next offset (I3). */
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Offset } from '../../record/position.ts'
import type { LogBound } from '../log-bound.ts'
import { readLogFile } from './log-file.ts'
import { ioFault } from './io-fault.ts'
import { PartitionCursor } from './partition-cursor.ts'
import { listSegments, partitionFolder, type Segment } from './segment.ts'

/** What trimming did to one partition. */
export interface TrimmedPartition {
  readonly partition: number
  /** The first record still there. */
  readonly earliest: Offset
  readonly deletedSegments: number
  readonly deletedRecords: number
}

/**
 * Deletes the segments whose records are all below the bound; partitions that the bound doesn't name are left alone.
 * Records of no known time are never before an instant. Safe beside readers and a writer: a reader that still needs a
 * deleted record gets `data` `gap`. Errors: `invalid` `no-such-log`; `data` `bad-record`; `unavailable` `io`.
 */
export async function trimLog(dir: string, before: LogBound): Promise<readonly TrimmedPartition[]> {
  const { partitions } = await readLogFile(dir)
  const trimmed: TrimmedPartition[] = []
  for (let partition = 0; partition < partitions; partition++) {
    trimmed.push(await trimPartition(resolve(dir), partition, before))
  }
  return trimmed
}

interface Place {
  readonly dir: string
  readonly partition: number
}

async function trimPartition(dir: string, partition: number, before: LogBound): Promise<TrimmedPartition> {
  const segments = await listSegments(partitionFolder(dir, partition))
  const earliest = segments[0].first
  let deletedSegments = 0
  let kept: Offset = earliest
  // Oldest first: killed at any moment, what is left has no hole.
  for (const [index, segment] of segments.entries()) {
    const following = segments[index + 1]
    if (!following || !(await isBelow(segment, following.first, { dir, partition }, before))) break
    await rm(segment.path, { force: true }).catch((error: unknown) => {
      throw ioFault(error, segment.path)
    })
    deletedSegments++
    kept = following.first
  }
  return { partition, earliest: kept, deletedSegments, deletedRecords: kept - earliest }
}

async function isBelow(segment: Segment, end: Offset, place: Place, before: LogBound): Promise<boolean> {
  if ('positions' in before) return end <= (before.positions.get(place.partition) ?? 0)
  return allBefore(place, segment.first, end, before.timeMs)
}

async function allBefore(place: Place, from: Offset, until: Offset, timeMs: number): Promise<boolean> {
  const cursor = new PartitionCursor(
    { ...place, name: `file:${place.dir}`, from, until },
    async () => undefined,
  )
  try {
    while (!cursor.done) {
      const batch = await cursor.take(Infinity)
      if (!batch?.records.every(({ time }) => time !== null && time < timeMs)) return false
    }
    return true
  } finally {
    await cursor.close()
  }
}
