/** What an archive has, for people. */
import type { ArchivedFile, ArchiveReport } from '../source/archive/archive.ts'
import { table } from './table.ts'

/** The files of a run; nothing where there are none. */
export function fileTable(files: readonly ArchivedFile[]): readonly string[] {
  const written = files.map(({ path, rows, first, next }) => [path, rows, first, next])
  return written.length > 0 ? table(['file', 'rows', 'from', 'next'], written) : []
}

/** Up to where it reaches, and what it lacks. */
export function placesTable({ next, lost }: Pick<ArchiveReport, 'next' | 'lost'>): readonly string[] {
  const gone = lost.map(({ partition, from, to }) => [partition, from, to])
  return [
    ...table(['partition', 'archived below'], [...next]),
    ...(gone.length > 0 ? table(['partition', 'lost from', 'to'], gone) : []),
  ]
}
