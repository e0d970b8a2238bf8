/** From records that a job emits to messages. */
import { crc32 } from 'node:zlib'
import { jsonEncoder, jsonText, valueToJson } from '../../codec/json.ts'
import { murmur2 } from '../../codec/partition-of-key.ts'
import type { Partitioner } from '../../codec/partitioner.ts'
import { badData, HeadwaterError, invalid, messageOf } from '../../errors.ts'
import type { OutHeader, OutMessage } from '../../record/out-message.ts'
import { fieldNamed, type AnyRecord, type Field } from '../../record/record.ts'

/** A part of a message: text becomes UTF-8; null is none. */
export type MessagePart = string | Uint8Array | null

/** How messages are made; each function is given the record. */
export interface MessageOptions {
  /**
   * A field, several fields, or a function. Text is its UTF-8, any other value its JSON, several fields a JSON array of them;
   * null makes a message without a key. Default: no key.
   */
  readonly key?: string | readonly string[] | ((record: AnyRecord) => MessagePart)
  /** Default: the record as JSON. null makes a tombstone. */
  readonly value?: (record: AnyRecord) => MessagePart
  readonly headers?: (record: AnyRecord) => Readonly<Record<string, MessagePart>>
  /** A field with a time, or a function that gives milliseconds since the epoch. Default: when it is sent. */
  readonly timestamp?: string | ((record: AnyRecord) => number)
  /** Where a key goes, of its bytes; a function is given its text, or its bytes where it is none. Default `murmur2`. */
  readonly partitioner?: Partitioner
}

/**
 * Makes a message for a topic of so many partitions. Errors: `data`; `invalid` where a function of the options fails, and
 * `unknown-field` where the record has no field that makes its key.
 */
export type MakeMessage = (record: AnyRecord, partitions: number) => OutMessage

/** `fields`: the records' schema, null where they have none. `sink`: for messages. Errors: `invalid` `unknown-field`. */
export function messageMaker(
  options: MessageOptions,
  fields: readonly Field[] | null,
  sink: string,
): MakeMessage {
  const key = keyMaker(options.key, fields, sink)
  const value = options.value ?? jsonEncoder(fields)
  const time = timeMaker(options.timestamp, fields, sink)
  const partitionOf = partitionMaker(options.partitioner ?? 'murmur2', sink)
  const { headers } = options
  return (record, partitions) => {
    const parts = made(sink, () => ({ key: key(record), value: value(record), headers: headers?.(record) }))
    const keyBytes = bytesOf(parts.key, 'key', sink)
    return {
      partition: partitionOf(parts.key, keyBytes, partitions),
      key: keyBytes,
      value: bytesOf(parts.value, 'value', sink),
      ...(parts.headers && { headers: headersOf(parts.headers, sink) }),
      timestamp: time(record),
    }
  }
}

function made<T>(sink: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof HeadwaterError) throw error
    const found = messageOf(error)
    throw invalid({
      code: 'message-failed',
      thing: `sink ${sink}: key, value or headers`,
      found,
      remedy: 'correct the function',
      cause: error,
    })
  }
}

function keyMaker(
  key: MessageOptions['key'],
  fields: readonly Field[] | null,
  sink: string,
): (record: AnyRecord) => MessagePart {
  if (key === undefined) return () => null
  if (typeof key === 'function') return key
  if (typeof key === 'string') {
    const json = jsonOf(key, fields, sink)
    return record => {
      const value = json(record)
      return value === null || typeof value === 'string' ? value : jsonText(value, `sink ${sink}: key`)
    }
  }
  const parts = key.map(name => jsonOf(name, fields, sink))
  return record =>
    jsonText(
      parts.map(part => part(record)),
      `sink ${sink}: key`,
    )
}

/** A field's value as JSON holds it. */
function jsonOf(name: string, fields: readonly Field[] | null, sink: string): (record: AnyRecord) => unknown {
  if (fields === null) {
    return record => {
      const value = record[name]
      if (value === undefined && !(name in record)) throw noSuchField(name, record, sink)
      return typeof value === 'bigint' ? String(value) : (value ?? null)
    }
  }
  const { type } = fieldNamed(fields, name, `sink ${sink}`)
  return record => valueToJson(type, record[name])
}

/** A name that is wrong must not make messages without a key: they would go round all partitions. */
function noSuchField(name: string, record: AnyRecord, sink: string): Error {
  return invalid({
    code: 'unknown-field',
    thing: `sink ${sink}: field '${name}'`,
    expected: `one that the record has: ${Object.keys(record).join(', ')}`,
    found: 'none of that name',
    remedy: 'name one of them, or emit it, as null where there is none',
  })
}

const perMs: Readonly<Record<string, number>> = { ms: 1, us: 1000, ns: 1_000_000 }
const dayMs = 86_400_000

function timeMaker(
  timestamp: MessageOptions['timestamp'],
  fields: readonly Field[] | null,
  sink: string,
): (record: AnyRecord) => number | null {
  if (timestamp === undefined) return () => null
  const checked = (value: unknown): number => {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
    throw badData({
      code: 'bad-timestamp',
      thing: `sink ${sink}: timestamp`,
      expected: 'whole milliseconds since the epoch, 0 or more',
      found: `${value as string}`,
    })
  }
  if (typeof timestamp === 'function') return record => checked(made(sink, () => timestamp(record)))
  const declared = fields === null ? null : fieldNamed(fields, timestamp, `sink ${sink}`).type
  const type = declared?.kind === 'optional' ? declared.of : declared
  if (type?.kind === 'date') return record => checked((record[timestamp] as number) * dayMs)
  const divisor = type?.kind === 'timestamp' ? (perMs[type.unit] as number) : 1
  return record => {
    if (!(timestamp in record)) throw noSuchField(timestamp, record, sink)
    return checked(Math.floor(Number(record[timestamp]) / divisor))
  }
}

function partitionMaker(
  partitioner: Partitioner,
  sink: string,
): (key: MessagePart, bytes: Uint8Array | null, partitions: number) => number {
  let turn = 0
  return (key, bytes, partitions) => {
    if (typeof partitioner === 'function') {
      const partition = made(sink, () => partitioner(key, partitions))
      if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition
      throw invalid({
        code: 'no-such-partition',
        thing: `sink ${sink}: partitioner`,
        expected: `a partition from 0 to ${partitions - 1}`,
        found: `${partition}`,
      })
    }
    if (bytes === null) return turn++ % partitions
    return partitioner === 'crc32' ? crc32(bytes) % partitions : (murmur2(bytes) & 0x7fffffff) % partitions
  }
}

function headersOf(headers: Readonly<Record<string, MessagePart>>, sink: string): OutHeader[] {
  return Object.entries(headers).map(([name, value]) => [name, bytesOf(value, `header ${name}`, sink)])
}

/** Functions of jobs in plain JavaScript give anything: a number would be a message without an end. */
function bytesOf(part: unknown, what: string, sink: string): Uint8Array | null {
  if (typeof part === 'string') return Buffer.from(part)
  if (part === null || part instanceof Uint8Array) return part
  throw invalid({
    code: 'message-failed',
    thing: `sink ${sink}: ${what}`,
    expected: 'text, bytes, or null for none',
    found: part === undefined ? 'undefined' : `${typeof part === 'object' ? 'an' : 'a'} ${typeof part}`,
    remedy: 'correct the function',
  })
}
