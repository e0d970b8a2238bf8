/**
 * Brokers of one cluster: finds the one that answers, the topic, the leaders and the offsets. Each method is one attempt;
 * patience.ts decides about the next. Connections are opened when they are needed and forgotten when they fail.
 */
import { invalid } from '../errors.ts'
import { brokersOf, brokerText } from './address.ts'
import { loadKafkaClient } from './client.ts'
import type { KafkaClient, KafkaConnection, KafkaRequest, OffsetQuestion } from './client.ts'
import { brokerFault, connectFault, kafkaError, KafkaFault } from './faults.ts'
import type { BrokerAddress, KafkaClusterOptions, Topic } from './kafka.ts'
import { apiVersionsOf, listOffsetsOf, metadataOf, type MetadataAnswer } from './responses.ts'

/** Fetch and its first version with topic ids in answers as we read them: Kafka 3.5. */
const fetchApi = { api: 1, version: 15 }

/** Named where only the cluster is asked for: an answer about no topic would be one about all. */
const anyTopic = 'headwater-commits'

/** What is asked of the offsets of a partition. */
export type OffsetAt = 'earliest' | 'latest' | 'latest-uncommitted' | { readonly timeMs: number }

/** One cluster. */
export class KafkaCluster {
  /** `host:port,host:port`, as given, for names. */
  readonly address: string
  readonly #options: KafkaClusterOptions
  readonly #bootstrap: readonly BrokerAddress[]
  readonly #connections = new Map<string, Promise<KafkaConnection>>()
  #client: Promise<KafkaClient> | null = null
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map()
  #closed = false

  constructor(options: KafkaClusterOptions) {
    this.#options = options
    this.#bootstrap = brokersOf(options.brokers)
    this.address = this.#bootstrap.map(brokerText).join(',')
  }

  /** The client, loaded once. Errors: `invalid` `no-kafka-client`. */
  client(): Promise<KafkaClient> {
    return (this.#client ??= loadKafkaClient())
  }

  /**
   * A topic as it is now, and where its leaders are. Null where there is none of that name. Errors: `invalid`
   * `not-authenticated`, `not-authorised`, `bad-topic`, `broker-too-old`, `tls-untrusted`, `no-tls`; others may pass.
   */
  async topic(name: string): Promise<Topic | null> {
    const answer = await this.#metadata(name)
    const found = answer.topics.find(topic => topic.name === name)
    const error = found?.error ?? kafkaError.unknownTopicOrPartition
    if (error === kafkaError.unknownTopicOrPartition) return null
    if (error !== 0) throw brokerFault(error, `topic ${name}`)
    return topicOf(name, answer)
  }

  /** Which cluster it is. Errors: as `topic`, which it does not look for. */
  async id(): Promise<string> {
    const { clusterId } = await this.#metadata(anyTopic)
    return clusterId ?? ''
  }

  /** Offsets of some partitions, asked of their leaders; −1 where no record is that late. Errors: as `topic`. */
  async offsets(
    topic: Topic,
    partitions: readonly number[],
    at: OffsetAt,
  ): Promise<ReadonlyMap<number, number>> {
    const timestamp = typeof at === 'object' ? at.timeMs : at === 'earliest' ? -2 : -1
    const byLeader = new Map<number, OffsetQuestion[]>()
    for (const { partition, leader } of topic.partitions) {
      if (!partitions.includes(partition)) continue
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), { partition, timestamp }])
    }
    const committed = at !== 'latest-uncommitted'
    const answers = await Promise.all(
      [...byLeader].map(([leader, questions]) => this.#listOffsets(topic, leader, questions, committed)),
    )
    return new Map(answers.flat())
  }

  /** A connection of one's own to a node, to be closed by the caller. */
  async connect(node: number): Promise<KafkaConnection> {
    return this.#open(this.#addressOf(node))
  }

  /** A connection of one's own to a broker of that address. */
  async connectTo(address: BrokerAddress): Promise<KafkaConnection> {
    return this.#open(address)
  }

  /** Asks any broker that answers. */
  async ask(request: KafkaRequest): Promise<Buffer> {
    const connection = await this.#anyBroker()
    return connection.ask(request)
  }

  /** Asks the controller, which alone makes topics in a cluster with ZooKeeper. */
  async askController(request: KafkaRequest): Promise<Buffer> {
    const { brokers, controller } = await this.#metadata(anyTopic)
    const address = brokers.get(controller)
    if (address === undefined) throw new KafkaFault('the cluster has no controller at the moment')
    const connection = await this.#shared(address)
    return connection.ask(request)
  }

  /** Closes the shared connections. */
  async close(): Promise<void> {
    this.#closed = true
    const connections = [...this.#connections.values()]
    this.#connections.clear()
    await Promise.all(
      connections.map(each => each.then(connection => connection.close()).catch(() => undefined)),
    )
  }

  async #metadata(topic: string): Promise<MetadataAnswer> {
    const connection = await this.#anyBroker()
    const answer = metadataOf(await connection.metadata(topic))
    this.#brokers = answer.brokers
    return answer
  }

  async #listOffsets(
    { name }: Topic,
    leader: number,
    questions: readonly OffsetQuestion[],
    committed: boolean,
  ): Promise<[number, number][]> {
    const connection = await this.#shared(this.#addressOf(leader))
    const answers = listOffsetsOf(await connection.listOffsets(name, questions, committed))
    return questions.map(({ partition }) => {
      const answer = answers.find(each => each.partition === partition)
      const thing = `topic ${name} partition ${partition}`
      if (answer === undefined) throw new KafkaFault(`${thing}: no answer of its offsets`)
      if (answer.error !== 0) throw brokerFault(answer.error, thing)
      return [partition, answer.offset]
    })
  }

  #addressOf(node: number): BrokerAddress {
    const address = this.#brokers.get(node)
    if (address !== undefined) return address
    throw new KafkaFault(node < 0 ? 'a partition without a leader' : `broker ${node} is away`)
  }

  /** The first that answers, of those that were named and then of those that were found. */
  async #anyBroker(): Promise<KafkaConnection> {
    const addresses = new Map(
      [...this.#bootstrap, ...this.#brokers.values()].map(each => [brokerText(each), each]),
    )
    let failure: unknown
    for (const address of addresses.values()) {
      try {
        return await this.#shared(address)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async #shared(address: BrokerAddress): Promise<KafkaConnection> {
    const name = brokerText(address)
    const opening = this.#connections.get(name) ?? this.#open(address)
    this.#connections.set(name, opening)
    try {
      const connection = await opening
      if (connection.isOpen) return connection
    } catch (error) {
      this.#forget(name, opening)
      throw error
    }
    this.#forget(name, opening)
    return this.#shared(address)
  }

  #forget(name: string, opening: Promise<KafkaConnection>): void {
    if (this.#connections.get(name) === opening) this.#connections.delete(name)
  }

  async #open(address: BrokerAddress): Promise<KafkaConnection> {
    const client = await this.client()
    const name = brokerText(address)
    const connection = await client.connect(address, this.#options).catch((error: unknown) => {
      throw connectFault(error, name)
    })
    try {
      await refuseOldBroker(connection, name)
      if (this.#closed) throw new KafkaFault('closed')
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }
}

async function refuseOldBroker(connection: KafkaConnection, name: string): Promise<void> {
  const ranges = apiVersionsOf(await connection.apiVersions())
  const range = ranges.find(({ api }) => api === fetchApi.api)
  if (range === undefined) throw new KafkaFault(`broker ${name} does not say what it understands`)
  if (range.least <= fetchApi.version && fetchApi.version <= range.most) return
  throw invalid({
    code: 'broker-too-old',
    thing: `broker ${name}`,
    expected: `Kafka 3.5 or later (Fetch version ${fetchApi.version})`,
    found: `Fetch versions ${range.least} to ${range.most}`,
  })
}

function topicOf(name: string, { clusterId, topics }: MetadataAnswer): Topic {
  const { id, partitions } = topics.find(topic => topic.name === name) as MetadataAnswer['topics'][number]
  return {
    name,
    clusterId: clusterId ?? '',
    id,
    partitions: partitions
      .map(({ partition, leader }) => ({ partition, leader }))
      .sort((a, b) => a.partition - b.partition),
  }
}
