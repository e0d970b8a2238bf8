/** The line of a record: the only file that knows its bytes. */
import { isAscii, isUtf8 } from 'node:buffer'
import { badData, messageOf, type HeadwaterError } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { LogRecord } from '../log.ts'

/** Ends every line. */
export const newline = 10

/** Where a line is, for errors. */
export interface LinePlace {
  readonly path: string
  /** The first offset of the segment. */
  readonly first: Offset
}

/** Writes one record; `value` and `key` are JSON text. */
export function recordLine(
  offset: Offset,
  time: number | null,
  key: string,
  value: string,
  headers: string,
): string {
  return `{"offset":${offset},"time":${time},"key":${key},"value":${value},"headers":${headers}}\n`
}

/** The text of complete lines. Refuses bytes that are not UTF-8 instead of replacing them. */
export function linesText(bytes: Buffer, place: LinePlace, offset: Offset): string {
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (isUtf8(bytes)) return bytes.toString('utf8')
  let at = 0
  for (let line = offset; ; line++) {
    const end = bytes.indexOf(newline, at) + 1
    if (end === 0 || !isUtf8(bytes.subarray(at, end)))
      throw badRecord(place, line, 'bytes that are not UTF-8')
    at = end
  }
}

/** Parses the line of record `offset`. `data` `bad-record`, with file and line, when it is not that record. */
export function parseRecord(line: string, place: LinePlace, offset: Offset): LogRecord {
  let record: Partial<LogRecord> | null
  try {
    record = JSON.parse(line) as Partial<LogRecord> | null
  } catch (error) {
    throw badRecord(place, offset, messageOf(error))
  }
  if (isRecord(record) && record.offset === offset) return record
  throw badRecord(place, offset, line.length > 80 ? `${line.slice(0, 80)}…` : line)
}

function isRecord(record: Partial<LogRecord> | null): record is LogRecord {
  return (
    typeof record === 'object' &&
    record !== null &&
    (typeof record.time === 'number' || record.time === null) &&
    record.key !== undefined &&
    record.value !== undefined &&
    record.headers !== undefined
  )
}

/** The error of a line that is not the record it should be. */
export function badRecord({ path, first }: LinePlace, offset: Offset, found: string): HeadwaterError {
  return badData({
    code: 'bad-record',
    thing: `${path} line ${offset - first + 1}`,
    expected: `record ${offset} as {offset, time, key, value, headers}`,
    found,
    remedy: 'restore the segment from a copy, or start past it',
  })
}
