/** One reader of one topic: who it is (K1), where it begins and ends (K3), and reads of it. */
import { systemClock, type Clock } from '../../clock.ts'
import { badData, HeadwaterError, unavailable } from '../../errors.ts'
import { KafkaCluster, type OffsetAt } from '../../kafka/cluster.ts'
import { noSuchTopic } from '../../kafka/faults.ts'
import type { Topic } from '../../kafka/kafka.ts'
import { patiently, type PatienceOptions } from '../../kafka/patience.ts'
import type { PartitionPositions } from '../../record/position.ts'
import type { Log, LogBatch, LogDescription, LogReadOptions } from '../log.ts'
import { checkInstant } from '../log-bound.ts'
import { checkReadOptions, defaultBatchRecords } from '../read-options.ts'
import { unpacker } from '../../kafka/compression.ts'
import { fetchLimits, type FetchLimits } from './fetch-limits.ts'
import type { KafkaOptions } from './kafka.ts'
import { PartitionCursor } from './partition-cursor.ts'
import { readTopic } from './read-topic.ts'
import { openReader, recordMaker, type RecordMaking } from './record-maker.ts'
import type { RecordTools } from './record-set.ts'
import { TopicFetcher } from './topic-fetcher.ts'

/** How often a topic that nobody knows is asked for: it may have been made a moment ago. */
const unknownTopicTries = 5
const unknownTopicPauseMs = 100

/** A topic as a log; made by `kafka(…)`. */
export class KafkaLog implements Log {
  readonly #options: KafkaOptions
  readonly #limits: FetchLimits
  readonly #cluster: KafkaCluster
  readonly #name: string
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #id: string | null = null

  constructor(options: KafkaOptions) {
    this.#options = options
    this.#limits = fetchLimits(options)
    this.#cluster = new KafkaCluster(options)
    this.#name = `kafka://${this.#cluster.address}/${options.topic}`
    this.#clock = options.clock ?? systemClock
  }

  async describe(): Promise<LogDescription> {
    return this.#patiently(async () => {
      const topic = await this.#topic()
      const [earliest, latest] = await Promise.all([
        this.#offsets(topic, 'earliest'),
        this.#offsets(topic, 'latest'),
      ])
      const partitions = topic.partitions.map(({ partition }) => ({
        partition,
        earliest: earliest.get(partition) as number,
        latest: latest.get(partition) as number,
      }))
      return { name: this.#name, id: this.#id as string, partitions }
    })
  }

  async offsetsAt(timeMs: number): Promise<PartitionPositions> {
    checkInstant(this.#name, timeMs)
    return this.#patiently(async () => {
      const topic = await this.#topic()
      // The end first: what comes between the two answers must not be below the one and unknown to the other.
      const latest = await this.#offsets(topic, 'latest')
      const found = await this.#offsets(topic, { timeMs })
      const places = topic.partitions.map(({ partition }) => {
        const [offset, end] = [found.get(partition) as number, latest.get(partition) as number]
        return [partition, offset < 0 ? end : Math.min(offset, end)] as const
      })
      return new Map(places)
    })
  }

  async *read(options: LogReadOptions): AsyncGenerator<LogBatch, void, undefined> {
    const signal = AbortSignal.any([this.#closed.signal, ...(options.signal ? [options.signal] : [])])
    const patience = this.#patience(signal, options.onWarning)
    let topic: Topic
    try {
      topic = await patiently(() => this.#topic(), patience)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    checkReadOptions(this.#name, topic.partitions.length, options)
    const cursors = await this.#cursors(options, patience)
    const fetcher = new TopicFetcher(topic, {
      cluster: this.#cluster,
      topic: () => this.#topic(),
      name: this.#name,
      cursors,
      ...this.#limits,
      clock: this.#clock,
      patience,
    })
    yield* readTopic(cursors, fetcher, options.maxBatchRecords ?? defaultBatchRecords, signal)
  }

  /** Ends every read. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#cluster.close()
  }

  async #cursors(
    { from, until, needs }: LogReadOptions,
    patience: PatienceOptions,
  ): Promise<PartitionCursor[]> {
    const client = await this.#cluster.client()
    const tools: RecordTools = { crc32c: bytes => client.crc32c(bytes), unpack: unpacker(client) }
    const { topic, decode } = this.#options
    const key = await openReader(this.#options.key ?? 'string', undefined, patience)
    const value = decode ?? (await openReader(this.#options.value ?? 'json', needs, patience))
    return [...from].map(([partition, offset]) => {
      const making: RecordMaking = { topic, log: this.#name, partition, key, value, needs }
      const range = { partition, from: offset, until: until?.get(partition) ?? Infinity }
      const name = `${this.#name} partition ${partition}`
      return new PartitionCursor(range, name, recordMaker(making), tools)
    })
  }

  async #offsets(topic: Topic, at: OffsetAt): Promise<ReadonlyMap<number, number>> {
    return this.#cluster.offsets(
      topic,
      topic.partitions.map(({ partition }) => partition),
      at,
    )
  }

  /** The topic as it is now, held against the id that was seen first (K1). */
  async #topic(): Promise<Topic> {
    const topic = await this.#knownTopic()
    const id = `kafka:${topic.clusterId}/${topic.id}`
    this.#id ??= id
    if (id === this.#id) return topic
    throw badData({
      code: 'log-recreated',
      thing: this.#name,
      expected: `log ${this.#id}`,
      found: `log ${id}: ${difference(this.#id, id)}`,
      remedy: 'positions of the old log mean nothing in the new one: start from a new history',
    })
  }

  async #knownTopic(): Promise<Topic> {
    for (let tries = 1; ; tries++) {
      const topic = await this.#cluster.topic(this.#options.topic)
      if (topic !== null) return topic
      if (tries < unknownTopicTries && !this.#closed.signal.aborted) {
        await this.#clock.sleep(unknownTopicPauseMs, this.#closed.signal)
      } else if (this.#id !== null) throw vanished(this.#name, this.#id)
      else throw noSuchTopic(this.#name, this.#options.topic)
    }
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const asked = this.#options.signal
    const signal = AbortSignal.any([this.#closed.signal, ...(asked ? [asked] : [])])
    return patiently(attempt, this.#patience(signal)).catch((error: unknown) => {
      const isFinal = error instanceof HeadwaterError && error.kind !== 'unavailable'
      throw asked?.aborted === true && !isFinal ? asked.reason : error
    })
  }

  #patience(signal: AbortSignal, onWarning?: (text: string) => void): PatienceOptions {
    const { unavailableAfterMs = 60_000 } = this.#options
    const tell = onWarning ?? this.#options.onWarning
    return { thing: this.#name, clock: this.#clock, unavailableAfterMs, signal, onWarning: tell }
  }
}

function difference(before: string, now: string): string {
  const sameCluster = before.split('/')[0] === now.split('/')[0]
  return sameCluster ? 'the topic was deleted and made again' : 'the brokers belong to another cluster'
}

function vanished(thing: string, id: string): Error {
  return unavailable({
    code: 'log-vanished',
    thing,
    expected: `log ${id}`,
    found: 'no topic of that name: it was deleted',
  })
}
