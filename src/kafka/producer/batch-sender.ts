/**
 * Sends messages to the leaders of their partitions, each batch until its broker has it: through restarts of brokers, new
 * leaders and lost answers. Transactions and producer ids are the business of who owns the sender.
 *
 * I1. Of one partition one batch is under way at a time, and the next is cut only when the broker has it: order stays.
 * I2. A batch that may be there is sent again with the same number of the same producer, so that it is there once; another
 *     producer's number for it is taken only where `refused` says so.
 * I3. At most `bufferBytes` wait, and one message more: `send` waits before it takes what does not fit.
 * I4. No promise is left without a handler; what is final is in `failure`, and every later call throws it.
 * I5. A topic that was deleted and made again takes batches as the former did: who flushes is told.
 */
import type { Clock } from '../../clock.ts'
import { HeadwaterError, internal, invalid } from '../../errors.ts'
import type { OutMessage } from '../../record/out-message.ts'
import type { KafkaCluster } from '../cluster.ts'
import { KafkaFault, noSuchTopic } from '../faults.ts'
import type { Topic } from '../kafka.ts'
import { Patience, patiently, type PatienceOptions } from '../patience.ts'
import { BrokerLanes, type Lane } from './broker-lanes.ts'
import { producedOf, type ProducedAnswer } from './answers.ts'
import { PartitionQueue, type CutBatch, type EncodeBatch } from './partition-queue.ts'
import {
  IdentityFault,
  messageTooLarge,
  producerError,
  producerFault,
  stopped,
  topicDeleted,
  topicRecreated,
} from './producer-faults.ts'
import { produce, type ProducerIdentity, type TopicPlace } from './requests.ts'

/** How much at once. */
export interface SendLimits {
  /** Of one batch before it is packed; a larger message is a batch of its own. */
  readonly batchBytes: number
  /** Of one request. */
  readonly requestBytes: number
  /** Of all that waits. */
  readonly bufferBytes: number
}

/** What a sender works with. */
export interface SenderParts {
  readonly cluster: KafkaCluster
  readonly clock: Clock
  readonly patience: PatienceOptions
  readonly limits: SendLimits
  readonly transactionalId: string | null
  readonly encode: EncodeBatch
  /** Who writes now. */
  readonly identity: () => ProducerIdentity
  /** Called before batches go to these partitions. */
  readonly prepare: (places: readonly TopicPlace[]) => Promise<void>
  /** A broker does not know our number or id: throws what that means, or returns when `identity` is another. */
  readonly refused: (fault: IdentityFault, owner: ProducerIdentity) => Promise<void>
}

const answerWithinMs = 30_000

/** Sends. */
export class BatchSender {
  failure: unknown = null
  readonly #parts: SenderParts
  readonly #lanes: BrokerLanes
  readonly #topics = new Map<string, Topic>()
  readonly #queues = new Map<string, PartitionQueue>()
  #bytes = 0
  /** Something was sent, and the topics were not looked at since. */
  #isUnseen = false
  #closed = false
  #changed: Promise<void>
  #wake: () => void = () => undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
    this.#lanes = new BrokerLanes(parts.cluster, () => new Patience(parts.patience))
    this.#changed = new Promise(resolve => (this.#wake = resolve))
  }

  /** Fixed from the first time that it is asked, so that a key stays in its partition. Errors: `invalid` `no-such-topic`. */
  async partitionCount(name: string): Promise<number> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known.partitions.length
    const topic = await patiently(() => this.#parts.cluster.topic(name), this.#parts.patience)
    if (topic === null) throw noSuchTopic(`topic ${name}`, name)
    this.#topics.set(name, topic)
    return topic.partitions.length
  }

  async send(topic: string, messages: readonly OutMessage[]): Promise<void> {
    const count = await this.partitionCount(topic)
    for (const message of messages) {
      this.#check()
      const { partition } = message
      if (!(Number.isInteger(partition) && partition >= 0 && partition < count)) {
        throw noSuchPartition(topic, partition, count)
      }
      while (this.#bytes >= this.#parts.limits.bufferBytes) await this.#change()
      const queue = this.#queueOf({ topic, partition })
      const before = queue.bytes
      this.#isUnseen = true
      queue.add(message)
      this.#bytes += queue.bytes - before
    }
    this.#check()
    this.#kick()
    while (this.#bytes >= this.#parts.limits.bufferBytes) await this.#change()
  }

  /** Resolves when the brokers have all that was given, in the topics that were there at first (I5). */
  async flush(): Promise<void> {
    this.#check()
    this.#kick()
    while ([...this.#queues.values()].some(({ isEmpty }) => !isEmpty)) await this.#change()
    if (!this.#isUnseen) return
    const { patience } = this.#parts
    await patiently(() => this.#refresh(), patience).catch((error: unknown) => {
      this.failure ??= patience.signal.aborted ? stopped(patience.thing, error) : error
    })
    this.#check()
    this.#isUnseen = false
  }

  /** Nothing is sent any more. Resolves when no request is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#wakeAll()
    await this.#lanes.close()
  }

  #check(): void {
    if (this.failure !== null) throw this.failure as Error
    if (this.#closed) throw internal({ code: 'producer-closed', thing: 'kafka producer' })
  }

  async #change(): Promise<void> {
    this.#kick()
    await this.#changed
    this.#check()
  }

  #wakeAll(): void {
    const wake = this.#wake
    this.#changed = new Promise(resolve => (this.#wake = resolve))
    wake()
  }

  #queueOf(place: TopicPlace): PartitionQueue {
    const name = `${place.topic}/${place.partition}`
    const queue = this.#queues.get(name) ?? new PartitionQueue(place)
    this.#queues.set(name, queue)
    return queue
  }

  /** Lets every idle leader have what waits for it. */
  #kick(): void {
    if (this.#closed || this.failure !== null) return
    const due = new Map<Lane, PartitionQueue[]>()
    for (const queue of this.#queues.values()) {
      if (queue.isEmpty || queue.isBusy) continue
      const lane = this.#lanes.of(this.#leaderOf(queue))
      if (lane.isBusy) continue
      due.set(lane, [...(due.get(lane) ?? []), queue])
    }
    for (const [lane, queues] of due) this.#lanes.run(lane, () => this.#serve(lane, queues))
  }

  #leaderOf({ topic, partition }: TopicPlace): number {
    return this.#topics.get(topic)?.partitions[partition]?.leader ?? -1
  }

  /** One request, and what follows from it. Never rejects (I4). */
  async #serve(lane: Lane, queues: readonly PartitionQueue[]): Promise<void> {
    for (const queue of queues) queue.isBusy = true
    try {
      await this.#request(lane, queues)
      lane.patience.succeeded()
    } catch (error) {
      lane.forget()
      await this.#recover(lane, error)
    } finally {
      for (const queue of queues) queue.isBusy = false
      lane.isBusy = false
      this.#wakeAll()
      this.#kick()
    }
  }

  async #request(lane: Lane, queues: readonly PartitionQueue[]): Promise<void> {
    const { transactionalId, prepare } = this.#parts
    if (lane.node < 0) throw new KafkaFault('a partition without a leader')
    const connection = await lane.connection()
    await prepare(queues)
    const asked = this.#batches(queues)
    const batches = asked.map(({ queue: { topic, partition }, batch: { bytes } }) => ({
      topic,
      partition,
      bytes,
    }))
    const request = produce(transactionalId, batches, answerWithinMs)
    const answer = await connection.ask(request).catch((error: unknown) => {
      for (const { batch } of asked) batch.mayBeThere = true
      throw error
    })
    const answers = producedOf(answer)
    let fault: unknown = null
    for (const { queue, batch } of asked) {
      const own = answers.find(each => each.topic === queue.topic && each.partition === queue.partition)
      try {
        await this.#take(queue, batch, own)
      } catch (error) {
        fault ??= error
      }
    }
    if (fault !== null) throw fault as Error
  }

  /** As many as one request takes, each partition's turn coming round. */
  #batches(queues: readonly PartitionQueue[]): { queue: PartitionQueue; batch: CutBatch }[] {
    const { encode, identity, limits } = this.#parts
    const asked: { queue: PartitionQueue; batch: CutBatch }[] = []
    let bytes = 0
    for (const queue of queues) {
      if (bytes >= limits.requestBytes) break
      const batch = queue.batch(identity(), encode, limits.batchBytes)
      asked.push({ queue, batch })
      bytes += batch.bytes.length
      // Behind the others next time.
      const name = `${queue.topic}/${queue.partition}`
      this.#queues.delete(name)
      this.#queues.set(name, queue)
    }
    return asked
  }

  async #take(queue: PartitionQueue, batch: CutBatch, answer: ProducedAnswer | undefined): Promise<void> {
    const thing = `topic ${queue.topic} partition ${queue.partition}`
    if (answer === undefined) throw new KafkaFault(`${thing}: no answer of its batch`)
    const { error, message } = answer
    if (error === 0 || error === producerError.duplicateSequence) {
      this.#bytes -= queue.sent(batch)
      return
    }
    const isTooLarge = error === producerError.messageTooLarge || error === producerError.recordListTooLarge
    if (isTooLarge) {
      if (queue.split(batch)) return
      throw messageTooLarge(thing, batch.bytes.length, message)
    }
    const fault = producerFault(error, thing, message)
    if (fault instanceof IdentityFault) await this.#parts.refused(fault, batch.owner)
    else throw fault
  }

  /** Pauses and looks anew where the leaders are, until that goes well. */
  async #recover(lane: Lane, error: unknown): Promise<void> {
    const { patience } = this.#parts
    let fault = error
    while (!this.#closed && this.failure === null) {
      try {
        if (fault instanceof HeadwaterError) throw fault
        await lane.patience.failed(fault)
        if (patience.signal.aborted) throw stopped(patience.thing, fault)
      } catch (final) {
        this.failure ??= final
        return
      }
      try {
        await this.#refresh()
        return
      } catch (failure) {
        fault = failure
      }
    }
  }

  async #refresh(): Promise<void> {
    for (const [name, before] of this.#topics) {
      const topic = await this.#parts.cluster.topic(name)
      if (topic === null) throw topicDeleted(`topic ${name}`)
      if (topic.id !== before.id) throw topicRecreated(name, before.id, topic.id)
      this.#topics.set(name, { ...topic, partitions: topic.partitions.slice(0, before.partitions.length) })
    }
    // The way to no leader never succeeds: it is over when all that waits has one again.
    const isLed = [...this.#queues.values()].every(queue => queue.isEmpty || this.#leaderOf(queue) >= 0)
    if (isLed) this.#lanes.of(-1).patience.succeeded()
  }
}

function noSuchPartition(topic: string, partition: number, count: number): Error {
  return invalid({
    code: 'no-such-partition',
    thing: `topic ${topic}`,
    expected: `a partition from 0 to ${count - 1}`,
    found: `${partition}`,
    remedy: 'correct the partitioner',
  })
}
