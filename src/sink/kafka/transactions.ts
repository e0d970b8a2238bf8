/** Kafka as a place with transactions: pointers in a compacted topic, one transactional id a chain of checkpoints. */
import { badData, internal, invalid, messageOf } from '../../errors.ts'
import { KafkaCluster } from '../../kafka/cluster.ts'
import type { KafkaClusterOptions } from '../../kafka/kafka.ts'
import { patiently, type PatienceOptions } from '../../kafka/patience.ts'
import { Coordinator } from '../../kafka/producer/coordinator.ts'
import { PointerTopic } from '../../kafka/producer/pointer-topic.ts'
import type { ProducerSettings } from '../../kafka/producer/producer.ts'
import { TransactionalProducer } from '../../kafka/producer/transactional-producer.ts'
import type { OutMessage } from '../../record/out-message.ts'
import type {
  CommitPointer,
  OpenTransactions,
  TransactionDeclaration,
  TransactionOwner,
  TransactionParts,
  TransactionPlace,
  TransactionSystem,
} from '../transaction.ts'

/** A cluster, and how its transactions are used. */
export interface KafkaTransactionOptions extends KafkaClusterOptions, ProducerSettings {
  /** The topic of pointers; made where it is missing. Default `headwater-commits`. */
  readonly pointers?: string
  /**
   * How long a transaction may take, and what a dead run left open may hold up readers; more than the time between two
   * checkpoints (else a run is refused, `checkpoints-too-rare`), at most the brokers' `transaction.max.timeout.ms` (900,000). Default 300,000 ms.
   */
  readonly transactionTimeoutMs?: number
}

/** Nothing is connected before it is used. Errors: `invalid` `bad-brokers`, `bad-option`. */
export function kafkaTransactions(options: KafkaTransactionOptions): TransactionDeclaration {
  const { transactionTimeoutMs = 300_000, pointers = 'headwater-commits' } = options
  if (!(Number.isInteger(transactionTimeoutMs) && transactionTimeoutMs >= 1000)) {
    const expected = 'a whole number of milliseconds from 1000'
    const found = `${transactionTimeoutMs}`
    throw invalid({ code: 'bad-option', thing: 'kafka sink: transactionTimeoutMs', expected, found })
  }
  const address = `kafka://${new KafkaCluster(options).address}`
  return {
    address,
    pointers,
    timeoutMs: transactionTimeoutMs,
    connect: parts => new KafkaTransactions({ ...options, pointers }, transactionTimeoutMs, parts),
  }
}

class KafkaTransactions implements TransactionSystem {
  readonly #options: KafkaTransactionOptions & { readonly pointers: string }
  readonly #timeoutMs: number
  readonly #parts: TransactionParts
  readonly #cluster: KafkaCluster
  readonly #patience: PatienceOptions
  readonly #pointers: PointerTopic
  readonly #closed = new AbortController()
  readonly #open = new Set<ChainProducer>()

  constructor(
    options: KafkaTransactionOptions & { readonly pointers: string },
    timeoutMs: number,
    parts: TransactionParts,
  ) {
    this.#options = options
    this.#timeoutMs = timeoutMs
    this.#parts = parts
    this.#cluster = new KafkaCluster(options)
    const signals = [this.#closed.signal, ...(parts.signal ? [parts.signal] : [])]
    this.#patience = {
      thing: `kafka://${this.#cluster.address}`,
      clock: parts.clock,
      unavailableAfterMs: options.unavailableAfterMs ?? 60_000,
      signal: AbortSignal.any(signals),
      onWarning: parts.onWarning,
    }
    const { clock } = parts
    const [cluster, patience] = [this.#cluster, this.#patience]
    this.#pointers = new PointerTopic(options.pointers, { cluster, clock, patience })
  }

  async cluster(): Promise<string> {
    return patiently(() => this.#cluster.id(), this.#patience)
  }

  async identify(): Promise<TransactionPlace> {
    const { clusterId, name, id } = await this.#pointers.find()
    return { cluster: clusterId, topic: name, topicId: id }
  }

  async settle(owner: TransactionOwner): Promise<CommitPointer | null> {
    const coordinator = new Coordinator(this.#cluster, transactionalId(owner), this.#patience)
    try {
      await coordinator.take(this.#timeoutMs)
    } finally {
      coordinator.close()
    }
    const value = await this.#pointers.last(keyOf(owner))
    return value === null ? null : pointerOf(value, owner, this.#pointers.name)
  }

  async open(owner: TransactionOwner): Promise<OpenTransactions> {
    await this.#pointers.find()
    const parts = {
      cluster: this.#cluster,
      clock: this.#parts.clock,
      patience: this.#patience,
      settings: this.#options,
    }
    const id = { transactionalId: transactionalId(owner), transactionTimeoutMs: this.#timeoutMs }
    const producer = await TransactionalProducer.open(parts, id)
    const open = new ChainProducer(producer, owner, this.#pointers.name, this.#parts.job, () =>
      this.#open.delete(open),
    )
    this.#open.add(open)
    return open
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map(each => each.close()))
    this.#closed.abort()
    await this.#cluster.close()
  }
}

class ChainProducer implements OpenTransactions {
  readonly #producer: TransactionalProducer
  readonly #owner: TransactionOwner
  readonly #pointers: string
  readonly #job: string | undefined
  readonly #onClose: () => void

  constructor(
    producer: TransactionalProducer,
    owner: TransactionOwner,
    pointers: string,
    job: string | undefined,
    onClose: () => void,
  ) {
    this.#producer = producer
    this.#owner = owner
    this.#pointers = pointers
    this.#job = job
    this.#onClose = onClose
  }

  partitionCount(topic: string): Promise<number> {
    return this.#producer.partitionCount(topic)
  }

  send(topic: string, messages: readonly OutMessage[]): Promise<void> {
    return this.#producer.send(topic, messages)
  }

  async commit(pointer: CommitPointer): Promise<void> {
    if (pointer.chain !== this.#owner.chain) {
      throw internal({
        code: 'wrong-chain',
        thing: `pointer ${pointer.number}`,
        expected: this.#owner.chain,
        found: pointer.chain,
      })
    }
    const { number, manifest, digest, attempt } = pointer
    const value = JSON.stringify({ number, manifest, digest, attempt, job: this.#job })
    const message: OutMessage = {
      partition: 0,
      key: Buffer.from(keyOf(this.#owner)),
      value: Buffer.from(value),
      timestamp: null,
    }
    await this.#producer.send(this.#pointers, [message])
    await this.#producer.commit()
  }

  isNewest(): Promise<boolean> {
    return this.#producer.isNewest()
  }

  async close(): Promise<void> {
    this.#onClose()
    await this.#producer.close()
  }
}

function transactionalId({ lineage, chain }: TransactionOwner): string {
  return `headwater-${lineage}-${chain}`
}

function keyOf({ lineage, chain }: TransactionOwner): string {
  return `${lineage}/${chain}`
}

function pointerOf(bytes: Buffer, owner: TransactionOwner, topic: string): CommitPointer {
  const bad = (found: string): Error =>
    badData({
      code: 'bad-pointer',
      thing: `topic ${topic} key ${keyOf(owner)}`,
      expected: 'a pointer to a prepared manifest',
      found,
      remedy: 'nothing but Headwater may write to this topic',
    })
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw bad(messageOf(error))
  }
  const { number, manifest, digest, attempt } = (value ?? {}) as Partial<CommitPointer>
  if (!Number.isSafeInteger(number) || (number as number) < 1) throw bad(`number ${number}`)
  if (typeof manifest !== 'string' || manifest === '' || /[/\\]/.test(manifest))
    throw bad('no name of a file')
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) throw bad('no digest')
  if (typeof attempt !== 'string' || !/^[0-9a-f]{32}$/.test(attempt)) throw bad('no attempt')
  return { chain: owner.chain, number: number as number, manifest, digest, attempt }
}
