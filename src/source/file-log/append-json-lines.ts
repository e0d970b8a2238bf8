/** Fills a file log from lines of JSON, one value a line: `headwater log append`. */
import { systemClock, type Clock } from '../../clock.ts'
import { badData, conflict, hasCode, messageOf } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import type { PartitionPositions } from '../../record/position.ts'
import { createFileLog } from './create-file-log.ts'
import { readLogFile, type LogFile } from './log-file.ts'
import { openFileLogWriter, type FileLogWriter } from './log-writer.ts'
import type { NewLogRecord } from './new-record.ts'

/** How lines become records. `partitions`, `keyField`, `schema` and `segmentBytes` make the log where there is none. */
export interface AppendOptions {
  /** Default 1. An existing log must have that many. */
  readonly partitions?: number
  /** The field of the value that is the key. An existing log must have the same. */
  readonly keyField?: string
  readonly schema?: readonly Field[]
  readonly segmentBytes?: number
  /** The field of the value that is the record's log time: milliseconds or ISO 8601. Default: the time of appending. */
  readonly timeField?: string
  /** Append all to that partition instead of each key's. */
  readonly partition?: number
  /** Begin new segments at the end, so that all that is now in the log can be trimmed. Default false. */
  readonly roll?: boolean
  readonly clock?: Clock
  /** Called after each batch with the records so far. */
  readonly progress?: (records: number) => void
}

/** What was appended. */
export interface AppendReport {
  readonly records: number
  /** Where the partitions end now. */
  readonly positions: PartitionPositions
  /** Whether the log was made for it. */
  readonly created: boolean
}

const batchLines = 4096

/**
 * Appends each line's JSON value as one record, as it stands; blank lines are left out. All of it is durable at the end.
 * Errors: `data` `bad-json-line`, `bad-time` name the line and say how many records are in the log; `conflict`
 * `log-differs`, `log-locked`; `unavailable` `append-failed`, `io`.
 */
export async function appendJsonLines(
  dir: string,
  lines: AsyncIterable<string>,
  options: AppendOptions = {},
): Promise<AppendReport> {
  const { log, created } = await logFor(dir, options)
  const clock = options.clock ?? systemClock
  const writer = await openFileLogWriter(dir, {
    clock,
    ...(options.partition === undefined ? {} : { partitions: [options.partition] }),
  })
  try {
    const records = await appendAll(writer, recordsOf(lines, log.keyField, options), options)
    if (options.roll === true) await writer.roll()
    await writer.sync()
    return { records, positions: writer.positions(), created }
  } finally {
    await writer.close()
  }
}

async function appendAll(
  writer: FileLogWriter,
  records: AsyncIterable<NewLogRecord>,
  { partition, progress }: AppendOptions,
): Promise<number> {
  let appended = 0
  let batch: NewLogRecord[] = []
  const flush = async (): Promise<void> => {
    await (partition === undefined ? writer.appendByKey(batch) : writer.append(partition, batch))
    appended += batch.length
    batch = []
    progress?.(appended)
  }
  try {
    for await (const record of records) {
      batch.push(record)
      if (batch.length === batchLines) await flush()
    }
  } catch (error) {
    if (!(error instanceof BadLine)) throw error
    await flush() // the lines before the bad one are good
    const remedy = `correct that line and append from it on: the ${appended} records before it are in the log`
    throw badData({ ...error.parts, remedy })
  }
  await flush()
  return appended
}

async function* recordsOf(
  lines: AsyncIterable<string>,
  keyField: string | null,
  { timeField }: AppendOptions,
): AsyncGenerator<NewLogRecord, void, undefined> {
  let number = 0
  for await (const line of lines) {
    number++
    const json = line.trim()
    if (json === '') continue
    const value = valueOf(json, number)
    const field = (name: string): unknown => fieldOf(value, name)
    const key = keyField === null ? null : (field(keyField) ?? null)
    yield {
      value,
      json,
      key,
      ...(timeField === undefined ? {} : { time: timeOf(field(timeField), timeField, number) }),
    }
  }
}

function valueOf(json: string, number: number): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new BadLine({
      code: 'bad-json-line',
      thing: `line ${number}`,
      expected: 'one JSON value',
      found: messageOf(error),
    })
  }
}

function timeOf(value: unknown, name: string, number: number): number {
  const time = typeof value === 'string' ? Date.parse(value) : value
  if (Number.isSafeInteger(time)) return time as number
  const expected = 'milliseconds since the epoch or an ISO 8601 time'
  const found = JSON.stringify(value) ?? 'no such field'
  throw new BadLine({ code: 'bad-time', thing: `line ${number} field '${name}'`, expected, found })
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

async function logFor(dir: string, options: AppendOptions): Promise<{ log: LogFile; created: boolean }> {
  const { partitions = 1, keyField, schema, segmentBytes, clock } = options
  try {
    const log = await readLogFile(dir)
    checkSame(dir, 'partitions', options.partitions, log.partitions)
    checkSame(dir, 'key field', keyField, log.keyField)
    return { log, created: false }
  } catch (error) {
    if (!hasCode(error, 'no-such-log')) throw error
  }
  await createFileLog(dir, {
    partitions,
    keyField: keyField ?? null,
    ...(schema && { schema }),
    ...(segmentBytes !== undefined && { segmentBytes }),
    ...(clock && { clock }),
  })
  return { log: await readLogFile(dir), created: true }
}

function checkSame(
  dir: string,
  what: string,
  asked: number | string | undefined,
  there: number | string | null,
): void {
  if (asked === undefined || asked === there) return
  const remedy = 'leave it out, or use another folder'
  throw conflict({
    code: 'log-differs',
    thing: `file:${dir}`,
    expected: `${what} ${String(asked)}`,
    found: String(there),
    remedy,
  })
}

/** A line that is no record; becomes an error once it is known how many records went before. */
class BadLine extends Error {
  readonly parts: {
    readonly code: string
    readonly thing: string
    readonly expected: string
    readonly found: string
  }

  constructor(parts: BadLine['parts']) {
    super(parts.code)
    this.parts = parts
  }
}
