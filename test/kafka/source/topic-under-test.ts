/** A topic for the contract suite of logs, and readers for tests of what only Kafka does. */
import { kafka, type KafkaOptions } from '../../../src/source/kafka/kafka.ts'
import type { Log } from '../../../src/source/log.ts'
import type { BrokerAccess } from '../../../tools/kafka/broker.ts'
import type { LogUnderTest } from '../../source/log-contract.ts'
import { newTopic } from '../support/shared-broker.ts'

/** A reader of a topic of that broker. */
export function readerOf(broker: BrokerAccess, topic: string, options: Partial<KafkaOptions> = {}): Log {
  return kafka({ brokers: broker.addresses.plaintext, topic, ...options })
}

/** Makes an empty topic; the Java client writes to it. */
export async function topicUnderTest(
  broker: BrokerAccess,
  partitions: number,
  reader: (broker: BrokerAccess, topic: string) => Log = readerOf,
): Promise<LogUnderTest> {
  const topic = await newTopic(broker.admin, partitions)
  return {
    reader: () => reader(broker, topic),
    append: async (partition, values, times) => {
      const records = values.map((value, i) => ({
        partition,
        value: JSON.stringify(value),
        ...(times && { time: times[i] as number }),
      }))
      await broker.admin.produce(topic, records)
    },
    trim: async (partition, earliest) => broker.admin.trim(topic, partition, earliest),
    recreate: async () => void (await broker.admin.recreateTopic(topic, partitions)),
  }
}
