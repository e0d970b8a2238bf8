/** What producers ask of brokers, as bytes; all of them are understood by Kafka 3.5 and later. Layouts: https://kafka.apache.org/protocol */
import type { KafkaRequest } from '../client.ts'
import { WireWriter } from '../wire-writer.ts'

/** Who writes, to brokers; a later epoch of the same id fences the earlier ones. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

/** One partition of a topic, by name. */
export interface TopicPlace {
  readonly topic: string
  readonly partition: number
}

/** A record batch and where it goes. */
export interface OutBatch extends TopicPlace {
  readonly bytes: Buffer
}

const transactionKey = 1
const topicResource = 2
const allInSync = -1

/** Who keeps the transactions of that id. */
export function findCoordinator(transactionalId: string): KafkaRequest {
  return { api: 10, version: 4, body: new WireWriter().int8(transactionKey).strings([transactionalId]).end() }
}

/** A new epoch for a transactional id, or a new producer id without one. */
export function initProducerId(transactionalId: string | null, timeoutMs: number): KafkaRequest {
  const writer = new WireWriter().string(transactionalId).int32(timeoutMs)
  return { api: 22, version: 4, body: writer.int64(-1n).int16(-1).end() }
}

/** These partitions belong to the transaction from now on; begins it where it has not begun. */
export function addPartitions(
  transactionalId: string,
  { producerId, epoch }: ProducerIdentity,
  places: readonly TopicPlace[],
): KafkaRequest {
  const writer = new WireWriter().string(transactionalId).int64(producerId).int16(epoch)
  writer.structs(byTopic(places), ([topic, partitions]) =>
    writer.string(topic).int32s(partitions.map(({ partition }) => partition)),
  )
  return { api: 24, version: 3, body: writer.end() }
}

/** Ends a transaction. `renews`: the answer has the identity for the next one; asked of clusters with that feature alone. */
export function endTransaction(
  transactionalId: string,
  { producerId, epoch }: ProducerIdentity,
  commits: boolean,
  renews: boolean,
): KafkaRequest {
  const writer = new WireWriter().string(transactionalId).int64(producerId).int16(epoch).boolean(commits)
  return { api: 26, version: renews ? 5 : 3, body: writer.end() }
}

/** Writes batches, at most one a partition; answered when all replicas in sync have them. */
export function produce(
  transactionalId: string | null,
  batches: readonly OutBatch[],
  timeoutMs: number,
): KafkaRequest {
  const writer = new WireWriter().string(transactionalId).int16(allInSync).int32(timeoutMs)
  writer.structs(byTopic(batches), ([topic, list]) =>
    writer
      .string(topic)
      .structs(list, ({ partition, bytes: records }) => writer.int32(partition).bytes(records)),
  )
  return { api: 0, version: 9, body: writer.end() }
}

/** Where the transactions of that id stand. */
export function describeTransaction(transactionalId: string): KafkaRequest {
  return { api: 65, version: 0, body: new WireWriter().strings([transactionalId]).end() }
}

/** A topic with the cluster's own count of replicas. */
export function createTopic(
  topic: string,
  partitions: number,
  config: Readonly<Record<string, string>>,
  timeoutMs: number,
): KafkaRequest {
  const clustersOwn = -1
  const writer = new WireWriter()
  writer.structs([topic], name =>
    writer
      .string(name)
      .int32(partitions)
      .int16(clustersOwn)
      .structs([], () => undefined)
      .structs(Object.entries(config), ([key, value]) => writer.string(key).string(value)),
  )
  return { api: 19, version: 7, body: writer.int32(timeoutMs).boolean(false).end() }
}

/** Some settings of a topic. */
export function describeTopicConfig(topic: string, names: readonly string[]): KafkaRequest {
  const writer = new WireWriter()
  writer.structs([topic], name => writer.int8(topicResource).string(name).strings(names))
  return { api: 32, version: 4, body: writer.boolean(false).boolean(false).end() }
}

function byTopic<T extends TopicPlace>(places: readonly T[]): [topic: string, places: T[]][] {
  const topics = new Map<string, T[]>()
  for (const place of places) topics.set(place.topic, [...(topics.get(place.topic) ?? []), place])
  return [...topics]
}
