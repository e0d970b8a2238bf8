/**
 * The Kafka source: a topic as a log. It reads from positions of our own, in no consumer group, and only what is committed.
 *
 * Who owns what:
 *   kafka-log.ts         one reader of one topic: identity, description, offsets by time
 *   topic-fetcher.ts     connections and Fetches, a node at a time · partition-cursor.ts what came of one partition
 *   record-set.ts        the batches of one Fetch · committed-filter.ts aborted transactions
 *   record-batch.ts      the bytes of batches and records · compression.ts, zstd.ts how they are packed
 *   record-maker.ts      from a record's parts to the log's record · format.ts, avro.ts, protobuf.ts what the parts mean
 *
 * K1. A topic is cluster id and topic id: made again, or in another cluster, it is another log and is refused (L7).
 * K2. Offsets move in order, without holes and doubles, whatever happens to brokers, leaders and connections.
 * K3. The end is that of what is committed, like the records that are read. Markers and aborted records are numbers without
 *     records: they move positions.
 * K4. A checksum is checked for every batch. What is broken is fetched again, and refused when it comes so again.
 * K5. Nothing jumps: a position below the first record is an error that names the missing range.
 */
import type { KafkaClusterOptions } from '../../kafka/kafka.ts'
import type { Log } from '../log.ts'
import type { FormatName, KafkaFormat } from './format.ts'
import { KafkaLog } from './kafka-log.ts'
import type { DecodeMessage } from './record-maker.ts'

export type { FormatName, KafkaFormat } from './format.ts'
export type { DecodeMessage, KafkaMessage } from './record-maker.ts'

/** A topic, and how its records are read. */
export interface KafkaOptions extends KafkaClusterOptions {
  readonly topic: string
  /** What the values are: `json` (default), `string`, `bytes`, or a format such as `avro({ … })`. A null value is null. */
  readonly value?: FormatName | KafkaFormat
  /** What the keys are. Default `string`. */
  readonly key?: FormatName | KafkaFormat
  /** Makes the value of a message instead of `value`; what it throws makes the record bad, and the source says what then. */
  readonly decode?: DecodeMessage
  /** What is asked of a node at once; of each node up to twice as much is held. Default 8 MiB. */
  readonly fetchBytes?: number
  /** How long a broker may wait with its answer where there is nothing new, milliseconds. Default 500. */
  readonly fetchWaitMs?: number
  /** Told what is tried again where a read brings nobody to tell. Default: nobody is. */
  readonly onWarning?: ((text: string) => void) | undefined
  /** Ends what waits for a cluster that does not answer, with its reason; reads have a signal of their own. Default: nothing does. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A reader of a topic: `kafka({ brokers: 'localhost:9092', topic: 'payments' })`. Nothing is connected before it is used.
 * Needs the package @platformatic/kafka, and brokers of Kafka 3.5 or later.
 *
 * Errors: `invalid` `no-kafka-client`, `bad-brokers`, `bad-option`, `no-such-topic`, `not-authorised`, `not-authenticated`,
 * `tls-untrusted`, `no-tls`, `broker-too-old`; `data` `gap`, `log-recreated`, `log-lost-records`, `corrupt-batch`;
 * `unavailable` `kafka-unavailable`, `log-vanished`.
 */
export function kafka(options: KafkaOptions): Log {
  return new KafkaLog(options)
}
