/** Writes one partition's range as files, each as soon as it is full. */
import type { Offset } from '../../record/position.ts'
import type { Log } from '../log.ts'
import type { ArchiveRange } from './archive-range.ts'
import { ArchiveRows } from './archive-rows.ts'
import { writeArchived, type ArchivedFile, type ArchiveFolder } from './archived-file.ts'

/** What all partitions of a run have in common. */
export interface ArchiveTarget {
  readonly log: Log
  readonly id: string
  readonly folder: ArchiveFolder
  readonly rowsPerFile: number
  readonly bytesPerFile: number
  readonly signal?: AbortSignal
  /** Told after each batch how many records it had. */
  readonly advanced: (records: number) => Promise<void>
}

/**
 * Archives the range; a partition of which nothing is known yet gets a file even when it is empty. When the signal
 * aborts, the files that were full by then stay.
 */
export async function archivePartition(target: ArchiveTarget, range: ArchiveRange): Promise<ArchivedFile[]> {
  const { log, folder, rowsPerFile, bytesPerFile, signal } = target
  const { partition, start, end } = range
  const rows = new ArchiveRows(folder.log, partition, folder.columns)
  const files: ArchivedFile[] = []
  let first = range.first
  const writeFile = async (next: Offset): Promise<void> => {
    files.push(await writeArchived(folder, { logId: target.id, partition, first, next, start }, rows))
    first = next
  }
  const from = new Map([[partition, first]])
  const until = new Map([[partition, end]])
  for await (const { records, next } of log.read({ from, until, ...(signal && { signal }) })) {
    for (const record of records) {
      rows.append(record)
      if (rows.rows === rowsPerFile) await writeFile(record.offset + 1)
    }
    if (rows.bytes >= bytesPerFile) await writeFile(next)
    await target.advanced(records.length)
  }
  if (signal?.aborted === true) return files
  if (first < end || (files.length === 0 && !range.known)) await writeFile(end)
  return files
}
