/** Records on their way into a log. */
import { jsonText } from '../../codec/json.ts'
import { recordLine } from './record-line.ts'

/** A record to be appended; the log gives it its offset. Values are written as `jsonText` of codec/json-text.ts says. */
export interface NewLogRecord {
  /** A JSON value, or what has a JSON form (bigint, NaN, bytes); null for a tombstone. */
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
  const key = record.key === undefined ? fieldOf(record.value, keyField) : record.key
  return typeof key === 'bigint' ? String(key) : (key ?? null) // as its JSON form
}

function fieldOf(value: unknown, name: string | null): unknown {
  if (name === null || typeof value !== 'object' || value === null) return null
  return (value as Readonly<Record<string, unknown>>)[name]
}

/** The line of a record; `data` `not-json`, `lone-surrogate` for what JSON can't say. */
export function lineOf(record: NewLogRecord, offset: number, keyField: string | null, nowMs: number): string {
  const { headers = null, time = nowMs } = record
  const key = jsonText(keyOf(record, keyField), 'key of a new record')
  const value = record.json ?? jsonText(record.value, 'new record')
  return recordLine(
    offset,
    time,
    key,
    value,
    headers === null ? 'null' : jsonText(headers, 'headers of a new record'),
  )
}
