/**
 * A second Kafka source, by librdkafka: connections, fetching, checksums, compression and what is committed are another
 * implementation's, so that each of the two judges the other. For users whose brokers need something that only librdkafka
 * has. It reads a tenth as fast as `kafka`, and its package is built natively when it is installed.
 *
 * Who owns what: confluent-log.ts who the topic is, where it begins and ends · read-lanes.ts a read · lane.ts one
 * partition's place in it · message-place.ts messages as record-maker.ts wants them · settings.ts, librdkafka.ts the client.
 *
 * C1. The laws of ../kafka/kafka.ts hold here too: no jumps, no holes, no doubles, and never another topic's records.
 * C2. Which cluster and topic it is, librdkafka does not say: the default client is asked, after messages came and before
 *     they are handed out, so that none of them can be of another topic.
 */
import type { Log } from '../log.ts'
import type { KafkaOptions } from '../kafka/kafka.ts'
import { ConfluentLog } from './confluent-log.ts'

/** Settings by their names in librdkafka. */
export type LibrdkafkaSettings = Readonly<Record<string, string | number | boolean>>

/** As `KafkaOptions`. `client` is for the default client, which is asked for identities. */
export interface ConfluentKafkaOptions extends KafkaOptions {
  /** More settings of librdkafka, by its names; they win. */
  readonly librdkafka?: LibrdkafkaSettings
}

/**
 * A reader of a topic, as `kafka(…)`; savepoints of the one go on with the other. Needs the packages
 * @confluentinc/kafka-javascript and @platformatic/kafka. The time of a message has no type here: `decode` gets null.
 *
 * Errors: those of `kafka`, and `invalid` `no-confluent-client`, `bad-option`.
 */
export function confluentKafka(options: ConfluentKafkaOptions): Log {
  return new ConfluentLog(options)
}
