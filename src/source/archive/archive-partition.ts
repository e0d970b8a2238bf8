/** Writes one partition's range as files, each as soon as it is full. */
import { join } from 'node:path'
import type { Offset } from '../../record/position.ts'
import type { FileCoverage } from '../history.ts'
import type { Log } from '../log.ts'
import { writeBatches } from '../parquet/batch-writer.ts'
import { coverageKey } from '../parquet/pin.ts'
import { archiveFieldsKey, type ArchiveFields } from './archive-fields.ts'
import type { ArchiveRange } from './archive-range.ts'
import { ArchiveRows } from './archive-rows.ts'

/** A file that was written. */
export interface ArchivedFile extends FileCoverage {
  readonly path: string
  readonly rows: number
}

/** What all partitions of a run have in common. */
export interface ArchiveTarget {
  readonly log: Log
  /** The log's name, for messages and file names. */
  readonly name: string
  readonly id: string
  readonly to: string
  readonly columns: ArchiveFields
  readonly rowsPerFile: number
  readonly signal?: AbortSignal
  /** Told after each batch how many records it had. */
  readonly advanced: (records: number) => void
}

/**
 * Archives the range; a partition of which nothing is known yet gets a file even when it is empty. When the signal
 * aborts, the files that were full by then stay.
 */
export async function archivePartition(target: ArchiveTarget, range: ArchiveRange): Promise<ArchivedFile[]> {
  const { log, rowsPerFile, signal } = target
  const { partition, start, end } = range
  const rows = new ArchiveRows(target.name, partition, target.columns)
  const files: ArchivedFile[] = []
  let first = range.first
  const writeFile = async (next: Offset): Promise<void> => {
    files.push(await write(target, { logId: target.id, partition, first, next, start }, rows))
    first = next
  }
  const from = new Map([[partition, first]])
  const until = new Map([[partition, end]])
  for await (const { records } of log.read({ from, until, ...(signal && { signal }) })) {
    for (const record of records) {
      rows.append(record)
      if (rows.rows === rowsPerFile) await writeFile(record.offset + 1)
    }
    target.advanced(records.length)
  }
  if (signal?.aborted === true) return files
  if (first < end || (files.length === 0 && !range.known)) await writeFile(end)
  return files
}

async function write(
  target: ArchiveTarget,
  coverage: FileCoverage,
  rows: ArchiveRows,
): Promise<ArchivedFile> {
  const path = join(target.to, fileName(target.name, coverage))
  const count = rows.rows
  const metadata = new Map([
    [coverageKey, JSON.stringify(coverage)],
    [archiveFieldsKey, JSON.stringify(target.columns)],
  ])
  await writeBatches(path, rows.fields, rows.take(), { metadata })
  return { ...coverage, path, rows: count }
}

/** `purchases-p0-00000000000000000000-00000000000000001000.parquet`: sorted by name, a partition's files are in order. */
function fileName(log: string, { partition, first, next }: FileCoverage): string {
  const base = log.split(/[/\\:]/).findLast(part => part !== '' && part !== '.' && part !== '..') ?? 'log'
  const name = base.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '')
  return `${name === '' ? 'log' : name}-p${partition}-${padded(first)}-${padded(next)}.parquet`
}

function padded(offset: Offset): string {
  return String(offset).padStart(20, '0')
}
