/** A folder in which the retail job has begun and read nothing yet. */
import { join } from 'node:path'
import { retail, schema } from './retail.ts'
import { begin, worldLog } from './world.ts'

/** Each batch is one record, and a checkpoint comes after each. */
export const small = { maxBatchRecords: 1, checkpointEveryMs: 0 }

/** Its log, of one partition, and where it begins from. */
export async function retailWorld(
  folder: string,
): Promise<{ folder: string; log: Awaited<ReturnType<typeof worldLog>>; from: string }> {
  const log = await worldLog(folder, 'purchases', schema, 1)
  await begin(retail, folder)
  return { folder, log, from: join(folder, 'savepoint') }
}
