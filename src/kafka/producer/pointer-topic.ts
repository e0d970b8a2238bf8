/** The compacted topic of one partition that says, by key, what was committed last. */
import type { Clock } from '../../clock.ts'
import { badData, HeadwaterError, invalid, unavailable } from '../../errors.ts'
import type { KafkaCluster } from '../cluster.ts'
import { KafkaFault } from '../faults.ts'
import type { Topic } from '../kafka.ts'
import { patiently, type PatienceOptions } from '../patience.ts'
import { configOf, createdOf } from './answers.ts'
import { lastCommitted } from './compacted-reader.ts'
import { producerError, producerFault } from './producer-faults.ts'
import { createTopic, describeTopicConfig } from './requests.ts'

/** A segment that is written to is not compacted: pointers are small and many, and read to their end at each start. */
const configOfNew = { 'cleanup.policy': 'compact', 'segment.bytes': '16777216', 'segment.ms': '86400000' }
const createWithinMs = 30_000
const [appearTries, appearPauseMs] = [50, 100]

/** What it works with. */
export interface PointerTopicParts {
  readonly cluster: KafkaCluster
  readonly clock: Clock
  readonly patience: PatienceOptions
}

/** One topic of pointers. */
export class PointerTopic {
  readonly name: string
  readonly #parts: PointerTopicParts
  #id: string | null = null

  constructor(name: string, parts: PointerTopicParts) {
    this.name = name
    this.#parts = parts
  }

  /**
   * The topic, made where it is missing. Errors: `invalid` `pointers-missing` (it can't be made), `pointers-unfit`,
   * `not-authorised`; `unavailable` `no-controller`; `data` `pointers-lost` (it is another since it was found first).
   */
  async find(): Promise<Topic> {
    const { cluster, patience } = this.#parts
    const topic = await patiently(
      async () => (await cluster.topic(this.name)) ?? (await this.#create()),
      patience,
    )
    if (this.#id === null) await this.#check(topic)
    this.#id ??= topic.id
    if (topic.id === this.#id) return topic
    throw badData({
      code: 'pointers-lost',
      thing: `topic ${this.name}`,
      expected: `the topic ${this.#id}`,
      found: `the topic ${topic.id}: it was deleted and made again`,
    })
  }

  /** The last committed value of a key; null where there is none. Errors: those of `find`. */
  async last(key: string): Promise<Buffer | null> {
    return patiently(
      async () => lastCommitted(this.#parts.cluster, await this.find(), key),
      this.#parts.patience,
    )
  }

  async #create(): Promise<Topic> {
    const { cluster, clock, patience } = this.#parts
    const request = createTopic(this.name, 1, configOfNew, createWithinMs)
    const first = createdOf(await cluster.ask(request))
    const isElsewhere = first.error === producerError.notController
    const { error, message } = isElsewhere ? createdOf(await cluster.askController(request)) : first
    if (error === producerError.notController) throw this.#noController()
    if (error !== 0 && error !== producerError.topicExists) throw this.#notMade(error, message)
    for (let tries = 0; tries < appearTries && !patience.signal.aborted; tries++) {
      const topic = await cluster.topic(this.name)
      if (topic !== null && topic.partitions.every(({ leader }) => leader >= 0)) return topic
      await clock.sleep(appearPauseMs, patience.signal)
    }
    throw new KafkaFault(`topic ${this.name}: it was made, and is not there yet`)
  }

  /** Tried again: while a controller is chosen, nobody is one. */
  #noController(): Error {
    return unavailable({
      code: 'no-controller',
      thing: `topic ${this.name}`,
      expected: 'a broker that creates it',
      found: 'NOT_CONTROLLER, also of the broker that the cluster calls its controller',
      remedy: `start again when the cluster has a controller, or ${this.#howToMake()}`,
    })
  }

  #howToMake(): string {
    return `have it made: kafka-topics --bootstrap-server ${this.#parts.cluster.address} --create --topic ${this.name} --partitions 1 --config cleanup.policy=compact`
  }

  #notMade(error: number, message: string | null): Error {
    const fault = producerFault(error, `topic ${this.name}`, message)
    const isFinal = fault instanceof HeadwaterError || finalOfCreation.has(error)
    if (!isFinal) return fault
    return invalid({
      code: 'pointers-missing',
      thing: `topic ${this.name}`,
      expected: 'the topic that holds what was committed, or the right to create it',
      found: `none, and it can't be made: ${fault instanceof HeadwaterError ? (fault.found ?? fault.message) : fault.message}`,
      remedy: this.#howToMake(),
    })
  }

  async #check({ partitions }: Topic): Promise<void> {
    if (partitions.length !== 1) throw this.#unfit('one partition', `${partitions.length}`)
    const config = await this.#config()
    if (config === null) return
    const policy = config.get('cleanup.policy') ?? 'delete'
    const isKept = ['retention.ms', 'retention.bytes'].every(name => config.get(name) === '-1')
    if (!policy.includes('delete') || isKept) return
    throw this.#unfit('cleanup.policy=compact, so that nothing in it grows too old', policy)
  }

  /** Null where this user may not see it. */
  async #config(): Promise<ReadonlyMap<string, string | null> | null> {
    const { cluster, patience } = this.#parts
    const names = ['cleanup.policy', 'retention.ms', 'retention.bytes']
    return patiently(async () => {
      const { error, config } = configOf(await cluster.ask(describeTopicConfig(this.name, names)))
      if (error === 0) return config
      const fault = producerFault(error, `topic ${this.name}`)
      if (!(fault instanceof HeadwaterError)) throw fault
      patience.onWarning?.(
        `topic ${this.name}: this user may not see its settings; it must be compacted (cleanup.policy=compact)`,
      )
      return null
    }, patience)
  }

  #unfit(expected: string, found: string): Error {
    return invalid({
      code: 'pointers-unfit',
      thing: `topic ${this.name}`,
      expected,
      found,
      remedy: 'change it, or name another topic for the pointers (option pointers)',
    })
  }
}

/** INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG, INVALID_REQUEST, POLICY_VIOLATION. */
const finalOfCreation: ReadonlySet<number> = new Set([37, 38, 39, 40, 42, 44])
