/** Reads several partitions of a topic in turns, as they are fetched. */
import { HeadwaterError } from '../../errors.ts'
import type { LogBatch } from '../log.ts'
import { WaitFor } from './format.ts'
import type { PartitionCursor } from './partition-cursor.ts'
import type { TopicFetcher } from './topic-fetcher.ts'

/** Batches of all partitions; ends when each is at its `until`, or the signal aborts. */
export async function* readTopic(
  cursors: readonly PartitionCursor[],
  fetcher: TopicFetcher,
  maxRecords: number,
  signal: AbortSignal,
): AsyncGenerator<LogBatch, void, undefined> {
  const onAbort = (): void => {
    // Here, since nobody may ask for another batch: then this generator does not get to its end.
    fetcher.close()
    fetcher.wake()
  }
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted && cursors.some(cursor => !cursor.isDone)) {
      if (fetcher.failure !== null) throw fetcher.failure as Error
      let idle = true
      for (const cursor of cursors) {
        if (signal.aborted) return
        const batch = await takeFrom(cursor, fetcher, maxRecords, signal)
        if (batch === null) continue
        idle = false
        fetcher.kick()
        yield batch
      }
      fetcher.kick()
      if (idle) await fetcher.change()
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    fetcher.close()
  }
}

async function takeFrom(
  cursor: PartitionCursor,
  fetcher: TopicFetcher,
  maxRecords: number,
  signal: AbortSignal,
): Promise<LogBatch | null> {
  for (;;) {
    try {
      return cursor.take(maxRecords)
    } catch (error) {
      if (error instanceof HeadwaterError) throw error
      if (!(error instanceof WaitFor)) {
        fetcher.distrust(cursor.partition, error)
        return null
      }
      await error.ready.catch((failure: unknown) => {
        if (!signal.aborted) throw failure
      })
      if (signal.aborted) return null
    }
  }
}
