/**
 * The broker that all Kafka tests of a run share. Tests that kill or freeze one start their own (tools/kafka/broker.ts).
 *
 *   const broker = sharedBroker()
 *   it('…', async () => {
 *     const topic = await newTopic(broker.admin, 2)
 *     await broker.admin.produce(topic, [{ key: 'a', value: '{"amount":1}' }])
 *     … broker.addresses.plaintext, broker.javaClient({ listener: 'saslSsl', user: 'admin' }) …
 */
import { randomUUID } from 'node:crypto'
import { joinBroker } from '../../../tools/kafka/broker.ts'
import type { BrokerAccess, BrokerPlace } from '../../../tools/kafka/broker.ts'
import type { KafkaAdmin } from '../../../tools/kafka/admin.ts'

let joined: BrokerAccess | null = null

/** The broker that `npm run test:kafka` started; nothing needs to be closed. */
export function sharedBroker(): BrokerAccess {
  const place = process.env['HEADWATER_KAFKA_BROKER']
  if (place === undefined) throw new Error('no broker here: these tests are run by `npm run test:kafka`')
  joined ??= joinBroker(JSON.parse(place) as BrokerPlace)
  return joined
}

/** Makes a topic of a name that no other test has; returns the name. */
export async function newTopic(
  admin: KafkaAdmin,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `topic-${randomUUID()}`
  await admin.createTopic(topic, partitions, config)
  return topic
}
