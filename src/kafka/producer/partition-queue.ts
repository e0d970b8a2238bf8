/**
 * Messages on their way to one partition, in order. At most one batch is cut from them at a time, and stays until the broker
 * has it: asked again it is the same bytes with the same number, so that the broker knows it.
 */
import type { OutMessage } from '../../record/out-message.ts'
import { messageBytes } from '../record-batch-writer.ts'
import type { ProducerIdentity, TopicPlace } from './requests.ts'

/** A batch that the broker does not have yet, as far as we know. */
export interface CutBatch {
  readonly messages: readonly OutMessage[]
  /** Whose number it has; another producer's needs new bytes. */
  readonly owner: ProducerIdentity
  readonly bytes: Buffer
  /** It was sent and not answered: the broker may have it. */
  mayBeThere: boolean
}

/** Makes the bytes of a batch whose first message has that number. */
export type EncodeBatch = (
  messages: readonly OutMessage[],
  owner: ProducerIdentity,
  sequence: number,
) => Buffer

const sequences = 2 ** 31

/** The queue of one partition. */
export class PartitionQueue implements TopicPlace {
  readonly topic: string
  readonly partition: number
  /** A request with its batch is under way. */
  isBusy = false
  #messages: OutMessage[] = []
  #taken = 0
  #bytes = 0
  #batch: CutBatch | null = null
  #owner: ProducerIdentity | null = null
  #sequence = 0
  /** At most so many messages a batch, where a batch of more was too large. */
  #most = Infinity

  constructor({ topic, partition }: TopicPlace) {
    this.topic = topic
    this.partition = partition
  }

  /** Bytes that wait, those of the batch included; an upper bound. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#batch === null && this.#taken === this.#messages.length
  }

  add(message: OutMessage): void {
    this.#messages.push(message)
    this.#bytes += messageBytes(message)
  }

  /** The batch that is to be sent now; cut anew where there is none. The queue must not be empty. */
  batch(owner: ProducerIdentity, encode: EncodeBatch, batchBytes: number): CutBatch {
    if (this.#owner !== owner) {
      this.#owner = owner
      this.#sequence = 0
    }
    if (this.#batch?.owner === owner) return this.#batch
    const messages = this.#batch?.messages ?? this.#cut(batchBytes)
    const bytes = encode(messages, owner, this.#sequence)
    return (this.#batch = { messages, owner, bytes, mayBeThere: this.#batch?.mayBeThere ?? false })
  }

  /** The broker has the batch. Returns the bytes that no longer wait. */
  sent({ messages, owner }: CutBatch): number {
    this.#batch = null
    if (owner === this.#owner) this.#sequence = (this.#sequence + messages.length) % sequences
    const freed = messages.reduce((sum, message) => sum + messageBytes(message), 0)
    this.#bytes -= freed
    return freed
  }

  /** The batch is too large: it is cut in smaller pieces. False where it can't be. */
  split({ messages, mayBeThere }: CutBatch): boolean {
    if (messages.length === 1 || mayBeThere) return false
    this.#most = Math.ceil(messages.length / 2)
    this.#messages = [...messages, ...this.#messages.slice(this.#taken)]
    this.#taken = 0
    this.#batch = null
    return true
  }

  #cut(batchBytes: number): OutMessage[] {
    const first = this.#taken
    let bytes = 0
    for (; this.#taken < this.#messages.length && this.#taken - first < this.#most; this.#taken++) {
      bytes += messageBytes(this.#messages[this.#taken] as OutMessage)
      if (bytes > batchBytes && this.#taken > first) break
    }
    const messages = this.#messages.slice(first, this.#taken)
    if (this.#taken * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#taken)
      this.#taken = 0
    }
    return messages
  }
}
