/** Records on their way into a log. */
import { badData, messageOf } from '../../errors.ts'
import { recordLine } from './record-line.ts'

/** A record to be appended; the log gives it its offset. */
export interface NewLogRecord {
  /** A JSON value; null for a tombstone. */
  readonly value: unknown
  /** The value's JSON text on one line, where the caller has it: written as it stands, so that no digit of it changes. */
  readonly json?: string
  /** Default: the value's key field, where the log has one, else null. */
  readonly key?: unknown
  /** Milliseconds since the epoch. Default: now. */
  readonly time?: number | null
  readonly headers?: Readonly<Record<string, string>> | null
}

/** The key of a record: its own, else the value's key field, else null. */
export function keyOf(record: NewLogRecord, keyField: string | null): unknown {
  if (record.key !== undefined) return record.key
  if (keyField === null || typeof record.value !== 'object' || record.value === null) return null
  return (record.value as Readonly<Record<string, unknown>>)[keyField] ?? null
}

/** The line of a record; `data` `not-json` for what JSON can't say. */
export function lineOf(record: NewLogRecord, offset: number, keyField: string | null, nowMs: number): string {
  const { headers = null, time = nowMs } = record
  const key = jsonText(keyOf(record, keyField), 'key')
  const value = record.json ?? jsonText(record.value, 'value')
  return recordLine(offset, time, key, value, headers === null ? 'null' : jsonText(headers, 'headers'))
}

function jsonText(value: unknown, part: string): string {
  if (value === null) return 'null'
  let found = 'undefined'
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch (error) {
    found = messageOf(error)
  }
  const remedy = 'write int64 as a decimal string and bytes as base64'
  throw badData({
    code: 'not-json',
    thing: `the ${part} of a new record`,
    expected: 'a JSON value',
    found,
    remedy,
  })
}
