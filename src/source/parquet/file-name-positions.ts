/**
 * Positions from the names of files, as Kafka Connect's sinks for S3 and HDFS write them (position-presets.ts): a file holds one
 * partition's records in their order, and its name says the offset of the first, for HDFS of the last too. Rows carry no offsets,
 * so a row's is the first one + its number, which is right only where no offset is left out: no record was filtered or
 * compacted away, and no transaction marker lies between. That is proved for each file, or it is not taken:
 *
 * HDFS: as many rows as the name has offsets, else the files are refused.
 * S3: as many rows as there are offsets up to the next file of the partition. The last file of a partition has none behind it: its
 * rows are left to the log, and the cut is before it.
 */
import { invalid } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { HistoryFile } from './pin.ts'

/** Where a file's rows are in the log. */
export interface FileNamePositions {
  readonly partition: number
  /** Of each row group: the offset of its first row. */
  readonly firstOffsets: readonly Offset[]
}

interface Named {
  readonly file: HistoryFile
  readonly topic: string
  readonly partition: number
  readonly first: Offset
  /** Inclusive; null where the name does not say. */
  readonly last: Offset | null
}

/** Names of topics have no plus. */
const pattern = /^([^+]+)\+(\d+)\+(\d+)(?:\+(\d+))?\.(?:[^/+]*\.)?parquet$/

/**
 * The files whose rows have a proved position, in the order of the history, with them. Errors: `invalid`, codes `no-offset-in-name`,
 * `several-topics`, `offsets-not-contiguous`, `no-proved-file`.
 */
export function fileNamePositions(
  files: readonly HistoryFile[],
): readonly (readonly [HistoryFile, FileNamePositions])[] {
  const named = files.map(namedFile)
  const [one] = named
  const other = named.find(({ topic }) => topic !== one?.topic)
  if (one && other) throw severalTopics(one, other)
  const proved = named.filter(each => isProved(each, nextOf(each, named)))
  if (proved.length === 0 && files.length > 0) throw noneProved(files[0] as HistoryFile)
  return proved.map(each => [each.file, positionsOf(each)] as const)
}

function namedFile(file: HistoryFile): Named {
  const { path } = file.pinned
  const [, topic, partition, first, last] = pattern.exec(path.slice(path.lastIndexOf('/') + 1)) ?? []
  const numbers = [partition, first, last ?? '0'].map(Number)
  if (topic !== undefined && numbers.every(Number.isSafeInteger)) {
    const [number, begin, end] = numbers as [number, number, number]
    return { file, topic, partition: number, first: begin, last: last === undefined ? null : end }
  }
  throw invalid({
    code: 'no-offset-in-name',
    thing: path,
    expected: 'a name like TOPIC+PARTITION+FIRST.parquet or TOPIC+PARTITION+FIRST+LAST.parquet',
    remedy: 'read other files apart, or name the columns that carry positions',
  })
}

function nextOf({ partition, first }: Named, all: readonly Named[]): Offset | null {
  const later = all.filter(each => each.partition === partition && each.first > first)
  return later.length === 0 ? null : Math.min(...later.map(each => each.first))
}

function isProved({ file, first, last }: Named, next: Offset | null): boolean {
  const end = last === null ? next : last + 1
  if (end === null) return false
  const { rows, path } = file.pinned
  if (rows === end - first) return true
  throw invalid({
    code: 'offsets-not-contiguous',
    thing: path,
    expected: `${end - first} rows, one for each offset from ${first} to ${end - 1}`,
    found: `${rows}: records were left out, or the topic has transaction markers, and nobody can say which row is which offset`,
    remedy:
      'write offsets into the records by the InsertField transform (offset.field, partition.field) and name these columns, or read without positions',
  })
}

function positionsOf({ file, partition, first }: Named): FileNamePositions {
  const firstOffsets: Offset[] = []
  let next = first
  for (const { rows } of file.footer.rowGroups) {
    firstOffsets.push(next)
    next += rows
  }
  return { partition, firstOffsets }
}

function severalTopics(one: Named, other: Named): Error {
  return invalid({
    code: 'several-topics',
    thing: other.file.pinned.path,
    expected: `files of topic ${one.topic}, as ${one.file.pinned.path}`,
    found: `topic ${other.topic}`,
    remedy: 'narrow the pattern: a source has one log',
  })
}

function noneProved({ pinned: { path } }: HistoryFile): Error {
  return invalid({
    code: 'no-proved-file',
    thing: path,
    expected: 'a file of the same partition behind it, whose name says where it ends',
    found: 'none, for any partition',
    remedy: 'wait for the next file of the sink, or read without positions',
  })
}
