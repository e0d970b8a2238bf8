/** From the parts of a Kafka record to a record of the log. */
import { isUtf8 } from 'node:buffer'
import { badData, invalid, messageOf } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { LogRecord, ReadNeeds } from '../log.ts'
import { Undecodable } from '../undecodable.ts'
import {
  formats,
  WaitFor,
  type FormatName,
  type FormatPatience,
  type KafkaFormat,
  type PartReader,
} from './format.ts'
import { eachHeader, type RecordPlace } from '../../kafka/record-batch.ts'
import type { MakeRecord } from './record-set.ts'

/** A message as Kafka has it, for `decode`. The buffers are parts of a larger one: copy what is kept. */
export interface KafkaMessage {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  /** Milliseconds since the epoch; null where it has none. */
  readonly time: number | null
  /** Who set the time: the producer, or the broker when it appended the record. null where the client does not say. */
  readonly timeType: 'create' | 'log-append' | null
  readonly key: Buffer | null
  /** null for a tombstone. */
  readonly value: Buffer | null
  /** In order; names may repeat. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}

/** Gives the value of a message; what it throws makes the record undecodable. */
export type DecodeMessage = (message: KafkaMessage) => unknown

/** What records of a partition are made with. */
export interface RecordMaking {
  readonly topic: string
  /** The log's name, for messages. */
  readonly log: string
  readonly partition: number
  readonly key: NamedReader
  readonly value: NamedReader | DecodeMessage
  /** Where given, what is not needed is not read. */
  readonly needs?: ReadNeeds | undefined
}

/** A reader with the name of what it reads. */
export interface NamedReader {
  readonly name: string
  readonly read: PartReader
}

/** Makes a format ready. Errors: `invalid`, code `bad-option`, where there is none of that name. */
export async function openReader(
  given: FormatName | KafkaFormat,
  needs?: ReadNeeds,
  patience?: FormatPatience,
): Promise<NamedReader> {
  const format = typeof given === 'string' ? formats[given] : given
  if (format === undefined) {
    const expected = `${Object.keys(formats).join(', ')}, or a format`
    throw invalid({
      code: 'bad-option',
      thing: 'kafka: key or value',
      expected,
      found: `'${given as string}'`,
    })
  }
  return { name: format.name, read: await format.open(needs, patience) }
}

/** Makes records of one partition. */
export function recordMaker(making: RecordMaking): MakeRecord {
  const { key, value, needs } = making
  const wrong = (
    place: RecordPlace,
    what: string,
    expected: string,
    error: unknown,
    range: Range,
  ): Undecodable => {
    if (error instanceof WaitFor) throw error
    const thing = `${making.log} partition ${making.partition} offset ${place.offset}: ${what}`
    const parts = { code: `undecodable-${what}`, thing, expected, found: messageOf(error), cause: error }
    return new Undecodable(badData(parts), Uint8Array.from(place.bytes.subarray(...range)))
  }
  const readKey = (place: RecordPlace): unknown => {
    const { bytes, keyStart, keyEnd } = place
    if (keyEnd < keyStart) return null
    try {
      return key.read(bytes, keyStart, keyEnd)
    } catch (error) {
      return wrong(place, 'key', key.name, error, [keyStart, keyEnd])
    }
  }
  const readValue = (place: RecordPlace, isLogAppendTime: boolean | null): unknown => {
    const { bytes, valueStart, valueEnd } = place
    const range: Range = [valueStart, Math.max(valueStart, valueEnd)]
    try {
      if (typeof value === 'function') return value(messageOfPlace(making, place, isLogAppendTime)) ?? null
      return valueEnd < valueStart ? null : value.read(bytes, valueStart, valueEnd)
    } catch (error) {
      return wrong(
        place,
        'value',
        typeof value === 'function' ? 'what decode takes' : value.name,
        error,
        range,
      )
    }
  }
  if (needs) {
    return (place, isLogAppendTime): LogRecord => ({
      offset: place.offset,
      time: place.time < 0 ? null : place.time,
      key: needs.keys ? readKey(place) : null,
      value: readValue(place, isLogAppendTime),
      headers: null,
    })
  }
  return (place, isLogAppendTime): LogRecord => ({
    offset: place.offset,
    time: place.time < 0 ? null : place.time,
    key: readKey(place),
    value: readValue(place, isLogAppendTime),
    headers: place.headerCount === 0 ? null : headersOf(place),
  })
}

type Range = readonly [start: number, end: number]

/** The last of a name counts, as in Kafka's own clients; what is no text is given as base64, null as nothing. */
function headersOf(place: RecordPlace): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  eachHeader(place, (name, value) => {
    headers[name] = value === null ? '' : value.toString(isUtf8(value) ? 'utf8' : 'base64')
  })
  return { ...headers }
}

function messageOfPlace(
  { topic, partition }: RecordMaking,
  place: RecordPlace,
  isLogAppendTime: boolean | null,
): KafkaMessage {
  const { bytes, offset, time, keyStart, keyEnd, valueStart, valueEnd } = place
  const headers: [string, Buffer | null][] = []
  eachHeader(place, (name, value) => headers.push([name, value]))
  return {
    topic,
    partition,
    offset,
    time: time < 0 ? null : time,
    timeType: isLogAppendTime === null ? null : isLogAppendTime ? 'log-append' : 'create',
    key: keyEnd < keyStart ? null : bytes.subarray(keyStart, keyEnd),
    value: valueEnd < valueStart ? null : bytes.subarray(valueStart, valueEnd),
    headers,
  }
}
