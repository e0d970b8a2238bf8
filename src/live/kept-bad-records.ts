/** Keeps bad records beside the checkpoints: `bad/SOURCE.CRC32.NUMBER.ATTEMPT.parquet`, a row each with its place and the reason. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { badFolder } from '../savepoint/attempt-folder.ts'
import { badFilePath } from '../savepoint/bad-files.ts'
import type { CheckpointStore } from '../savepoint/checkpoint-store.ts'
import type { BadRecords } from './bad-records.ts'

const fields = [
  { name: 'where', type: { kind: 'string' } },
  { name: 'partition', type: { kind: 'int32' } },
  { name: 'offset', type: { kind: 'safeInt64' } },
  { name: 'code', type: { kind: 'string' } },
  { name: 'reason', type: { kind: 'string' } },
  { name: 'record', type: { kind: 'string' } },
] as const

/** Writes what was kept since the last checkpoint; nothing when there is nothing. The next checkpoint counts them. */
export async function writeKept(store: CheckpointStore, source: string, bad: BadRecords): Promise<void> {
  const kept = bad.take()
  if (kept.length === 0) return
  // Loaded only where it is needed: most runs keep nothing, and all of them want to start fast.
  const [{ encodeRows }, { publishFile }] = await Promise.all([
    import('../source/parquet/rows-writer.ts'),
    import('../source/parquet/publish-file.ts'),
  ])
  await mkdir(join(store.path, badFolder), { recursive: true })
  const bytes = await encodeRows(
    `bad records of ${source}`,
    fields,
    kept.map(record => ({ ...record })),
  )
  await publishFile(badFilePath(store.path, source, bytes, nextName(store), store.attempt), bytes)
}

/** Of one of several tasks with its chain, so that a collection that knows of one chain leaves it alone. */
function nextName({ chain, newestNumber }: CheckpointStore): string {
  const number = newestNumber + 1
  return chain === null ? String(number) : `${chain.generation}-${chain.task}-${number}`
}
