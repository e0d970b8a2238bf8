/** `log.json`: what a file log is. It is the log's commit point: a folder is a log once this file has its name. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { badData, hasErrno, invalid } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import { ioFault } from './io-fault.ts'

/** The content of `log.json`. */
export interface LogFile {
  readonly format: typeof logFormat
  readonly version: 1
  /** Random; which log it is, for ever. */
  readonly id: string
  readonly partitions: number
  readonly createdMs: number
  /** What its values are, for archives; null when not declared. */
  readonly schema: readonly Field[] | null
  /** The field of the value that is the key of records appended without one. */
  readonly keyField: string | null
  /** A segment of that size is full. */
  readonly segmentBytes: number
}

/** Marks `log.json` as ours. */
export const logFormat = 'headwater-file-log'

/** The path of a log's own file. */
export function logFilePath(dir: string): string {
  return join(dir, 'log.json')
}

/** Reads `log.json`. Errors: `invalid` `no-such-log`, `data` `bad-log-file`, `unavailable` `io`. */
export async function readLogFile(dir: string): Promise<LogFile> {
  const path = logFilePath(dir)
  return parseLogFile(path, await readText(dir, path))
}

async function readText(dir: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR')) throw ioFault(error, path)
    const remedy = 'check the path, or make the log with `headwater log append`'
    throw invalid({ code: 'no-such-log', thing: `file:${dir}`, expected: 'a folder with log.json', remedy })
  }
}

function parseLogFile(path: string, text: string): LogFile {
  const wrong = (found: string): Error =>
    badData({
      code: 'bad-log-file',
      thing: path,
      expected: `the log.json of a ${logFormat}, version 1`,
      found,
    })
  let file: Partial<LogFile> | null
  try {
    file = JSON.parse(text) as Partial<LogFile> | null
  } catch {
    throw wrong('no JSON')
  }
  if (file?.format !== logFormat) throw wrong(`format ${JSON.stringify(file?.format)}`)
  if (file.version !== 1) throw wrong(`version ${JSON.stringify(file.version)}`)
  if (typeof file.id !== 'string' || !isCount(file.partitions) || !isCount(file.segmentBytes)) {
    throw wrong('no id, partitions or segmentBytes')
  }
  const {
    format,
    version,
    id,
    partitions,
    createdMs = 0,
    schema = null,
    keyField = null,
    segmentBytes,
  } = file
  return { format, version, id, partitions, createdMs, schema, keyField, segmentBytes }
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
