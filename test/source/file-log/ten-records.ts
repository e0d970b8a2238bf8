import { join } from 'node:path'
import { createFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import { segmentPath } from '../../../src/source/file-log/segment.ts'
import { numbers } from '../log-contract.ts'

/** A log of one partition, [0, 10) in segments of 3 records at most. */
export async function tenRecords(
  tempFolder: () => string,
): Promise<{ dir: string; segment: (first: number) => string }> {
  const dir = join(tempFolder(), 'log')
  await createFileLog(dir, { partitions: 1 })
  for (let from = 0; from < 10; from += 3) await append(dir, numbers(from, Math.min(10, from + 3)))
  return { dir, segment: first => segmentPath(join(dir, 'p0'), first) }
}

/** Adds values to partition 0, in a segment of their own. */
export async function append(dir: string, list: readonly unknown[]): Promise<void> {
  const writer = await openFileLogWriter(dir)
  await writer.roll()
  await writer.append(
    0,
    list.map(value => ({ value })),
  )
  await writer.close()
}
