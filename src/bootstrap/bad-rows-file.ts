/** Keeps bad rows beside the savepoint: `bad/SOURCE.CRC32.parquet`, a row each with its place, the reason, and the record. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonEncoder } from '../codec/json.ts'
import { badFolder } from '../savepoint/attempt-folder.ts'
import { badFilePath } from '../savepoint/bad-files.ts'
import { publishFile } from '../source/parquet/publish-file.ts'
import { encodeRows } from '../source/parquet/rows-writer.ts'
import type { KeptBadRow } from './bad-rows.ts'

const fields = [
  { name: 'where', type: { kind: 'string' } },
  { name: 'partition', type: { kind: 'optional', of: { kind: 'int32' } } },
  { name: 'offset', type: { kind: 'optional', of: { kind: 'safeInt64' } } },
  { name: 'code', type: { kind: 'string' } },
  { name: 'reason', type: { kind: 'string' } },
  { name: 'record', type: { kind: 'string' } },
] as const

/** Writes the kept rows of a source; nothing when there are none. */
export async function keepBadRows(
  folder: string,
  source: string,
  rows: readonly KeptBadRow[],
): Promise<void> {
  if (rows.length === 0) return
  const encode = jsonEncoder(null)
  await mkdir(join(folder, badFolder), { recursive: true })
  const bytes = await encodeRows(
    `bad rows of ${source}`,
    fields,
    rows.map(row => ({ ...row, record: encode(row.record) })),
  )
  await publishFile(badFilePath(folder, source, bytes), bytes)
}

/** Removes what a failed run kept; the folder is its own. */
export async function discardBadRows(folder: string): Promise<void> {
  await rm(join(folder, badFolder), { recursive: true, force: true })
}
