/** Keeps bad records beside the checkpoints: `bad/SOURCE.NUMBER.ATTEMPT.parquet`, a row each with its place and the reason. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { badFolder } from '../savepoint/attempt-folder.ts'
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

/** Writes what was kept since the last checkpoint; nothing when there is nothing. `number`: the checkpoint that counts them. */
export async function writeKept(
  store: CheckpointStore,
  number: number,
  source: string,
  bad: BadRecords,
): Promise<void> {
  const kept = bad.take()
  if (kept.length === 0) return
  // Loaded only where it is needed: most runs keep nothing, and all of them want to start fast.
  const { writeRows } = await import('../source/parquet/rows-writer.ts')
  await mkdir(join(store.path, badFolder), { recursive: true })
  const path = join(store.path, badFolder, `${source}.${number}.${store.attempt}.parquet`)
  await writeRows(
    path,
    fields,
    kept.map(record => ({ ...record })),
  )
}
