/** What a file log is and holds, for people and scripts: `headwater log show`. Reads only. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Field } from '../../record/record.ts'
import type { LogPartition } from '../log.ts'
import { ioFault } from './io-fault.ts'
import { readLogFile } from './log-file.ts'
import { partitionEnds } from './partition-ends.ts'
import { listSegments, partitionFolder } from './segment.ts'
import { writerOf } from './writer-lock.ts'

/** One segment file. */
export interface ShownSegment {
  readonly path: string
  /** The offset of its first record. */
  readonly first: number
  readonly bytes: number
}

/** One partition with its files. */
export interface ShownPartition extends LogPartition {
  readonly segments: readonly ShownSegment[]
  /** `process 4711 on host`; null when nobody writes it. */
  readonly writer: string | null
}

/** A log as `show` prints it. */
export interface ShownLog {
  readonly name: string
  readonly id: string
  readonly createdMs: number
  readonly schema: readonly Field[] | null
  readonly keyField: string | null
  readonly segmentBytes: number
  readonly partitions: readonly ShownPartition[]
}

/** Describes the log in `dir` with its segments and writers. Errors: `invalid` `no-such-log`; `unavailable` `io`. */
export async function showLog(dir: string): Promise<ShownLog> {
  const { id, createdMs, schema, keyField, segmentBytes, partitions: count } = await readLogFile(dir)
  const partitions: ShownPartition[] = []
  for (let partition = 0; partition < count; partition++)
    partitions.push(await showPartition(resolve(dir), partition))
  return { name: `file:${dir}`, id, createdMs, schema, keyField, segmentBytes, partitions }
}

async function showPartition(dir: string, partition: number): Promise<ShownPartition> {
  const folder = partitionFolder(dir, partition)
  const ends = await partitionEnds(dir, partition)
  const segments = await Promise.all(
    (await listSegments(folder)).map(async ({ path, first }) => ({ path, first, bytes: await sizeOf(path) })),
  )
  const writer = await writerOf(folder)
  return { ...ends, segments, writer: writer && `process ${writer.pid} on ${writer.host}` }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    throw ioFault(error, path)
  }
}
