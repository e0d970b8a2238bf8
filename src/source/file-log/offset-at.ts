/** The first record of a partition at or past an instant, by reading (see `Log.offsetsAt`). */
import { hasCode } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import { PartitionCursor, type CursorRange } from './partition-cursor.ts'
import { partitionEnds } from './partition-ends.ts'

/** Which partition; the log's name is for messages. */
export type PartitionPlace = Pick<CursorRange, 'dir' | 'name' | 'partition'>

/** Its offset, else the partition's end as it was when reading began. A log that is trimmed meanwhile is read again. */
export async function offsetAt(
  place: PartitionPlace,
  timeMs: number,
  segmentChanged: () => Promise<void>,
): Promise<Offset> {
  for (let begun = -1; ;) {
    const { earliest, latest } = await partitionEnds(place.dir, place.partition)
    try {
      return await firstAtOrPast({ ...place, from: earliest, until: latest }, timeMs, segmentChanged)
    } catch (error) {
      const trimmed = hasCode(error, 'gap') && earliest > begun
      if (!trimmed) throw error
      begun = earliest
    }
  }
}

async function firstAtOrPast(
  range: CursorRange,
  timeMs: number,
  segmentChanged: () => Promise<void>,
): Promise<Offset> {
  const cursor = new PartitionCursor(range, segmentChanged)
  try {
    while (!cursor.done) {
      const batch = await cursor.take(Infinity)
      if (batch === null) break
      const found = batch.records.find(({ time }) => time !== null && time >= timeMs)
      if (found) return found.offset
    }
    return range.until
  } finally {
    await cursor.close()
  }
}
