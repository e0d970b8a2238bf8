/** Topics as the logs of worlds (test/live/world.ts) and of failures. The Java client writes them. */
import type { Schema } from '../../../src/record/record.ts'
import type { ClientSettings } from '../../../tools/kafka/admin.ts'
import type { LogKind } from '../../failures/log-kind.ts'
import { reading, setAddress, type Value, type WorldLog } from '../../live/world.ts'
import { topicUnderTest } from '../source/topic-under-test.ts'
import { newTopic, sharedBroker } from './shared-broker.ts'

/** A source's topic. */
export interface WorldTopic extends WorldLog {
  readonly topic: string
}

/** Times of records are 0 in these worlds, and nothing may be deleted for its age. */
const kept = { 'retention.ms': '-1' }

/** Makes a topic with that many partitions for a source of the world. */
export async function worldTopic(
  folder: string,
  source: string,
  schema: Schema,
  partitions: number,
): Promise<WorldTopic> {
  const { admin, addresses } = sharedBroker()
  const topic = await newTopic(admin, partitions, kept)
  setAddress(folder, source, `kafka://${addresses.plaintext}/${topic}`)
  let count = partitions
  /** A producer remembers for minutes how many partitions there were: after a growth another one writes. */
  const producer = (): ClientSettings => (count === partitions ? {} : { 'client.id': `${topic}-${count}` })
  return {
    topic,
    ...reading(folder, source, schema),
    async append(partition, ...values: readonly Value[]) {
      await admin.produce(
        topic,
        values.map(value => ({ partition, value: JSON.stringify(value), time: 0 })),
      )
    },
    async appendTo(partition, ...records) {
      await admin.produce(
        topic,
        records.map(({ key, value }) => ({ partition, key, value: JSON.stringify(value), time: 0 })),
      )
    },
    async appendByKey(...records) {
      await admin.produce(
        topic,
        records.map(({ key, value }) => ({ key, value: JSON.stringify(value), time: 0 })),
        producer(),
      )
    },
    async trim(...before) {
      for (const [partition, earliest] of before.entries()) await admin.trim(topic, partition, earliest)
    },
    async grow(more) {
      count += more
      await admin.addPartitions(topic, count)
    },
    async recreate() {
      await admin.recreateTopic(topic, partitions)
    },
  }
}

/** Topics of the shared broker. */
export const topics: LogKind = {
  name: 'a topic',
  worldLog: worldTopic,
  underTest: async (_, partitions) => topicUnderTest(sharedBroker(), partitions),
}
