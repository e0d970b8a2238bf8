/**
 * Producers: what writes to topics. The contract of this folder.
 *
 * Who owns what: transactional-producer.ts one transaction after another, of one transactional id · idempotent-producer.ts
 * writing without transactions · batch-sender.ts, partition-queue.ts and broker-lanes.ts the way of a message to its broker ·
 * coordinator.ts the broker that keeps transactions · pointer-topic.ts the topic of what was committed last · requests.ts and
 * answers.ts bytes · producer-faults.ts what answers mean.
 *
 * The client's own producer is not used. Tried on a real broker, version 1.35 lost messages and said that they were written: it
 * numbers batches only when a whole request succeeded, so that after a part of one was refused, or while another is under way,
 * the next has a number that the broker knows already, and is taken for a repetition. It also takes no stable transactional id
 * a second time by itself, and holds nobody back.
 */
import { gzipSync } from 'node:zlib'
import type { Clock } from '../../clock.ts'
import { invalid } from '../../errors.ts'
import type { OutMessage } from '../../record/out-message.ts'
import type { KafkaClient } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import type { PatienceOptions } from '../patience.ts'
import { recordBatch, type Packing } from '../record-batch-writer.ts'
import type { SendLimits } from './batch-sender.ts'
import type { EncodeBatch } from './partition-queue.ts'

/** How batches are packed. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4'

/** How a producer writes; sizes are bytes. */
export interface ProducerSettings {
  /** Default `none`. */
  readonly compression?: Compression
  /** Of one batch before it is packed; a larger message goes alone. Default 512 KiB. */
  readonly batchBytes?: number
  /** Of all that waits to be sent. Default 32 MiB. */
  readonly bufferBytes?: number
}

/** What a producer works with. */
export interface ProducerParts {
  readonly cluster: KafkaCluster
  readonly clock: Clock
  readonly patience: PatienceOptions
  readonly settings: ProducerSettings
}

/** A producer without transactions. */
export interface MessageProducer {
  /** How many partitions a topic has; fixed from the first time it is asked. Errors: `invalid` `no-such-topic`. */
  partitionCount(topic: string): Promise<number>
  /** Resolves when more may be given; what goes wrong later is thrown by a later call. */
  send(topic: string, messages: readonly OutMessage[]): Promise<void>
  /** Resolves when the brokers have all that was given. */
  flush(): Promise<void>
  close(): Promise<void>
}

const requestBytes = 4 << 20

const compressions: readonly string[] = ['none', 'gzip', 'snappy', 'lz4'] satisfies Compression[]

/** How much at once. Errors: `invalid` `bad-option`, for any setting. */
export function sendLimits(settings: ProducerSettings): SendLimits {
  const { batchBytes = 512 << 10, bufferBytes = 32 << 20, compression = 'none' } = settings
  for (const [name, value] of Object.entries({ batchBytes, bufferBytes })) {
    if (Number.isInteger(value) && value > 0 && value <= 1 << 30) continue
    throw badOption(name, 'a whole number of bytes from 1 to 1 GiB', `${value}`)
  }
  if (!compressions.includes(compression)) {
    throw badOption('compression', compressions.join(', '), `'${compression}'`)
  }
  return { batchBytes, bufferBytes, requestBytes }
}

function badOption(name: string, expected: string, found: string): Error {
  return invalid({ code: 'bad-option', thing: `kafka producer: ${name}`, expected, found })
}

/** Makes the bytes of batches; the settings were checked before. */
export function batchEncoder(
  client: KafkaClient,
  clock: Clock,
  isTransactional: boolean,
  compression: Compression = 'none',
): EncodeBatch {
  const packing = packings(client)[compression]
  return (messages, { producerId, epoch }, sequence) => {
    const owner = { producerId, epoch, sequence, isTransactional }
    return recordBatch(messages, owner, clock.now(), packing, bytes => client.crc32c(bytes))
  }
}

function packings(client: KafkaClient): Readonly<Record<Compression, Packing>> {
  return {
    none: { codec: 0, pack: bytes => bytes },
    gzip: { codec: 1, pack: bytes => gzipSync(bytes) },
    snappy: { codec: 2, pack: bytes => client.packSnappy(bytes) },
    lz4: { codec: 3, pack: bytes => client.packLz4(bytes) },
  }
}
