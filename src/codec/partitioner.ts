/**
 * Which partition a message's key goes to, by who writes the log. Clients differ (murmur2 in Java, crc32 in librdkafka): a
 * topic that two of them write has a key in two partitions, and no task owns it.
 */
import { crc32 } from 'node:zlib'
import { jsonText } from '../codec/json.ts'
import { partitionOfKey } from './partition-of-key.ts'

/** Of a decoded message key and the number of partitions, the partition, from 0. */
export type PartitionerFunction = (key: unknown, partitions: number) => number

/** `murmur2`: Kafka's Java clients and the file log · `crc32`: librdkafka's `consistent` and `consistent_random` · a function. */
export type Partitioner = 'murmur2' | 'crc32' | PartitionerFunction

const encoder = new TextEncoder()

const known: Readonly<Record<'murmur2' | 'crc32', PartitionerFunction>> = {
  murmur2: partitionOfKey,
  crc32: (key, partitions) => {
    const bytes = encoder.encode(typeof key === 'string' ? key : jsonText(key, 'key'))
    return crc32(bytes) % partitions
  },
}

/** The function. */
export function partitionerFunction(partitioner: Partitioner): PartitionerFunction {
  return typeof partitioner === 'function' ? partitioner : known[partitioner]
}

/** For people and manifests: its name, or `custom`. */
export function partitionerName(partitioner: Partitioner): string {
  return typeof partitioner === 'function' ? 'custom' : partitioner
}

/** Whether a value declares one. */
export function isPartitioner(value: unknown): value is Partitioner {
  return typeof value === 'function' || value === 'murmur2' || value === 'crc32'
}
