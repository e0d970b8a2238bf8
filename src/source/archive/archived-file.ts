/** One file of an archive: its rows, or none, and what it says of itself. */
import { join } from 'node:path'
import type { FileCoverage } from '../history.ts'
import { encodeBatches } from '../parquet/batch-writer.ts'
import { coverageKey } from '../parquet/pin.ts'
import { archiveFieldsKey, type ArchiveFields } from './archive-fields.ts'
import { ArchiveRows } from './archive-rows.ts'
import { fileName } from './file-name.ts'
import { lostRangeKey, type LostRange } from './lost-range.ts'
import { fileNameKey, publishArchived } from './publish-archived.ts'

/** A file that was written. */
export interface ArchivedFile extends FileCoverage {
  readonly path: string
  readonly rows: number
  /** Of them, those whose value its columns can't hold: kept as it is, in `_raw`. */
  readonly raw: number
}

/** Where files go, and what they have in common. */
export interface ArchiveFolder {
  readonly to: string
  /** The log's name, for messages and file names. */
  readonly log: string
  readonly columns: ArchiveFields
}

/** Writes the rows, which are taken, as the file of that range. Errors: those of `publishArchived`. */
export async function writeArchived(
  { to, log, columns }: ArchiveFolder,
  coverage: FileCoverage,
  rows: ArchiveRows,
): Promise<ArchivedFile> {
  const name = fileName(log, coverage)
  const counts = { rows: rows.rows, raw: rows.rawRows }
  const metadata = metadataOf(name, coverage, columns)
  await publishArchived(to, name, await encodeBatches(join(to, name), rows.fields, rows.take(), metadata))
  return { ...coverage, path: join(to, name), ...counts }
}

/** Writes down for ever that the log lost a range before it was archived; the archive goes on behind it. */
export async function writeLost(
  { to, log, columns }: ArchiveFolder,
  lost: LostRange,
  coverage: Pick<FileCoverage, 'logId' | 'start'>,
): Promise<void> {
  const { partition, from, to: next } = lost
  const name = fileName(log, { partition, first: from, next }, true)
  const metadata = metadataOf(name, { ...coverage, partition, first: next, next }, columns)
  metadata.set(lostRangeKey, JSON.stringify(lost))
  const { fields } = new ArchiveRows(log, partition, columns)
  await publishArchived(to, name, await encodeBatches(join(to, name), fields, [], metadata))
}

function metadataOf(name: string, coverage: FileCoverage, columns: ArchiveFields): Map<string, string> {
  return new Map([
    [coverageKey, JSON.stringify(coverage)],
    [archiveFieldsKey, JSON.stringify(columns)],
    [fileNameKey, name],
  ])
}
