/** A message of librdkafka as a record's place in bytes, which is what records of the log are made of. */
import type { RecordPlace } from '../../kafka/record-batch.ts'
import type { LibrdkafkaMessage } from './librdkafka.ts'

/** Copies the message; headers are written as Kafka writes them. */
export function placeOf({ offset, timestamp, key, value, headers = [] }: LibrdkafkaMessage): RecordPlace {
  const keyEnd = key === null ? -1 : key.length
  const valueStart = Math.max(0, keyEnd)
  const headersStart = valueStart + (value === null ? 0 : value.length)
  const parts = [...(key === null ? [] : [key]), ...(value === null ? [] : [value])]
  return {
    bytes: Buffer.concat([...parts, ...headers.flatMap(headerParts)]),
    offset,
    time: Number.isSafeInteger(timestamp) ? timestamp : -1,
    keyStart: 0,
    keyEnd,
    valueStart,
    valueEnd: value === null ? valueStart - 1 : headersStart,
    headerCount: headers.length,
    headersStart,
  }
}

/** Each header is an object of one property. librdkafka's binding gives a null value as an empty one. */
function headerParts(header: Readonly<Record<string, Buffer>>): Buffer[] {
  const [name, value] = Object.entries(header)[0] as [string, Buffer]
  const nameBytes = Buffer.from(name)
  return [lengthBytes(nameBytes.length), nameBytes, lengthBytes(value.length), value]
}

/** A length as a zigzag varint. */
function lengthBytes(length: number): Buffer {
  const bytes: number[] = []
  let left = length * 2
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80)
  bytes.push(left)
  return Buffer.from(bytes)
}
