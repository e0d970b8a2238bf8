/** Reads several partitions in turns, and waits when none of them has more. */
import type { Clock } from '../../clock.ts'
import type { LogBatch, LogReadOptions } from '../log.ts'
import { checkReadOptions, defaultBatchRecords } from '../read-options.ts'
import { ChangeNotice } from './change-notice.ts'
import { PartitionCursor } from './partition-cursor.ts'

/** What to read, and with what. */
export interface PartitionsToRead extends LogReadOptions {
  readonly dir: string
  readonly name: string
  /** How many partitions the log has. */
  readonly partitions: number
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly pollMs: number
  /** Throws when the folder holds another log by now. */
  checkIdentity(): Promise<void>
}

/** Batches of all partitions, one a partition and turn; ends when each is at its `until`, or the signal aborts. */
export async function* readPartitions(request: PartitionsToRead): AsyncGenerator<LogBatch, void, undefined> {
  const { signal, clock, pollMs, maxBatchRecords = defaultBatchRecords } = request
  let cursors = cursorsOf(request)
  const folders = cursors.map(cursor => cursor.folder)
  const notice = new ChangeNotice(folders, clock, pollMs, signal)
  try {
    while ((cursors = await unfinished(cursors)).length > 0) {
      let idle = true
      for (const cursor of cursors) {
        if (signal.aborted) return
        const batch = await cursor.take(maxBatchRecords)
        if (batch === null) continue
        idle = false
        yield batch
      }
      if (idle && (await notice.wait()) === 'names' && !signal.aborted) await request.checkIdentity()
    }
  } finally {
    notice.close()
    await Promise.all(cursors.map(cursor => cursor.close()))
  }
}

async function unfinished(cursors: readonly PartitionCursor[]): Promise<PartitionCursor[]> {
  await Promise.all(cursors.filter(cursor => cursor.done).map(cursor => cursor.close()))
  return cursors.filter(cursor => !cursor.done)
}

function cursorsOf(request: PartitionsToRead): PartitionCursor[] {
  const { dir, name, partitions, from, until } = request
  checkReadOptions(name, partitions, request)
  return [...from].map(([partition, offset]) => {
    const end = until?.get(partition) ?? Infinity
    return new PartitionCursor({ dir, name, partition, from: offset, until: end }, () =>
      request.checkIdentity(),
    )
  })
}
