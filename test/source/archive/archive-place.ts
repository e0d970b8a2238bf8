/** A log, its archive, and what DuckDB reads in it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { archive, type ArchiveReport, type ArchiveRequest } from '../../../src/source/archive/archive.ts'
import { createFileLog, type NewFileLog } from '../../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'
import type { NewLogRecord } from '../../../src/source/file-log/new-record.ts'
import { duckdb } from '../../duckdb.ts'
import { tempFolders } from '../../temp-folder.ts'
import { numbers } from '../log-contract.ts'

/** A log and the folder that it is archived to. */
export interface Place {
  readonly dir: string
  readonly to: string
  append(partition: number, records: readonly NewLogRecord[]): Promise<void>
  run(options?: Partial<ArchiveRequest>): Promise<ArchiveReport>
  /** What DuckDB says of all files. */
  query(select: string, order?: string): Promise<Record<string, unknown>[]>
  files(): string[]
}

/** Makes places, whose folders go when the test is over. To be called in a `describe`. */
export function archivePlaces(): (options?: Partial<NewFileLog>) => Promise<Place> {
  const tempFolder = tempFolders()
  return async (options = {}): Promise<Place> => {
    const folder = tempFolder()
    const [dir, to] = [join(folder, 'purchases'), join(folder, 'history')]
    await createFileLog(dir, { partitions: 1, ...options })
    return {
      dir,
      to,
      append: async (partition, records) => {
        const writer = await openFileLogWriter(dir)
        await writer.append(partition, records)
        await writer.roll()
        await writer.close()
      },
      run: request => archive({ log: fileLog(dir), to, ...request }),
      query: (select, order = '_partition, _offset') =>
        duckdb(`SELECT ${select} FROM read_parquet('${to}/*.parquet') ORDER BY ${order}`),
      files: () => readdirSync(to).sort(),
    }
  }
}

/** Records of the numbers in [from, to), each at ten times its number. */
export const counted = (from: number, to: number): NewLogRecord[] =>
  numbers(from, to).map(n => ({ value: { n }, time: n * 10 }))
/** The name of the file of a partition that begins at `first`, and behind which `next` is. */
export const fileName = (partition: number, first: number, next: number): string =>
  `purchases-p${partition}-${String(first).padStart(20, '0')}-${String(next).padStart(20, '0')}.parquet`
