/**
 * The producer of one transactional id: one transaction after another.
 *
 * I1. A batch goes to a partition only when the coordinator has the partition in the transaction.
 * I2. The commit is asked for only when the brokers have every message, and again with the same epoch until it is answered:
 *     the coordinator takes the repetition for what it is. The next transaction has another epoch where the cluster gives one
 *     (Kafka 4.0); before, a repetition that comes late is taken for the next one's, as with every client.
 * I3. Nothing is done after a failure but to abort what is certainly not committed.
 */
import type { HeadwaterError } from '../../errors.ts'
import type { OutMessage } from '../../record/out-message.ts'
import { BatchSender } from './batch-sender.ts'
import { Coordinator } from './coordinator.ts'
import { batchEncoder, sendLimits, type ProducerParts } from './producer.ts'
import {
  IdentityFault,
  lostOwnership,
  producerError,
  transactionAborted,
  transactionInDoubt,
} from './producer-faults.ts'
import type { ProducerIdentity, TopicPlace } from './requests.ts'

/** Whose transactions, and how long one may take before the coordinator aborts it. */
export interface TransactionalId {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

/** `open`: begun and not ended · `committed`: the last one is · `doubtful`: nobody knows · `over`: ended for this producer. */
type Phase = 'none' | 'open' | 'committed' | 'doubtful' | 'over'

/** How long closing may take to leave things tidy. */
const tidyMs = 3000

/** States of an id whose last transaction was not committed. */
const abortStates: ReadonlySet<string> = new Set(['PrepareEpochFence', 'PrepareAbort', 'CompleteAbort'])

/** Writes in transactions. */
export class TransactionalProducer {
  readonly #parts: ProducerParts
  readonly #id: TransactionalId
  readonly #thing: string
  #identity: ProducerIdentity
  /** Of the last transaction that was committed. */
  #committed: ProducerIdentity
  readonly #coordinator: Coordinator
  readonly #sender: BatchSender
  readonly #closing = new AbortController()
  #phase: Phase = 'none'
  #beganMs = 0
  #added = new Set<string>()

  /** Takes the id, as `Coordinator.take`. */
  static async open(parts: ProducerParts, id: TransactionalId): Promise<TransactionalProducer> {
    const { cluster, clock, settings } = parts
    const encode = batchEncoder(await cluster.client(), clock, true, settings.compression)
    const limits = sendLimits(settings)
    const coordinator = new Coordinator(cluster, id.transactionalId, parts.patience)
    try {
      const identity = await coordinator.take(id.transactionTimeoutMs)
      return new TransactionalProducer(parts, id, identity, { encode, limits })
    } finally {
      coordinator.close()
    }
  }

  private constructor(
    parts: ProducerParts,
    id: TransactionalId,
    identity: ProducerIdentity,
    sending: Pick<ConstructorParameters<typeof BatchSender>[0], 'encode' | 'limits'>,
  ) {
    this.#parts = parts
    this.#id = id
    this.#thing = `transactional id ${id.transactionalId}`
    this.#identity = this.#committed = identity
    const signal = AbortSignal.any([parts.patience.signal, this.#closing.signal])
    const patience = { ...parts.patience, signal }
    this.#coordinator = new Coordinator(parts.cluster, id.transactionalId, patience)
    this.#sender = new BatchSender({
      ...sending,
      cluster: parts.cluster,
      clock: parts.clock,
      patience,
      transactionalId: id.transactionalId,
      identity: () => this.#identity,
      prepare: places => this.#prepare(places),
      refused: async fault => {
        throw await this.#meaning(fault)
      },
    })
  }

  partitionCount(topic: string): Promise<number> {
    return this.#sender.partitionCount(topic)
  }

  /** Errors: `conflict` `lost-ownership`; `unavailable`; `invalid`. */
  send(topic: string, messages: readonly OutMessage[]): Promise<void> {
    return this.#sender.send(topic, messages)
  }

  /** Resolves when the brokers have all that was given, which is not committed yet. */
  flush(): Promise<void> {
    return this.#sender.flush()
  }

  /**
   * Commits what was sent since the last commit. Errors: `conflict` `lost-ownership`; `unavailable` `transaction-aborted`,
   * `transaction-in-doubt`; any other means that it is not committed.
   */
  async commit(): Promise<void> {
    await this.#sender.flush()
    if (this.#phase !== 'open') return
    let wasSent = false
    const identity = this.#identity
    try {
      this.#identity = await this.#coordinator.end(identity, true, () => {
        if (wasSent) this.#phase = 'doubtful'
        wasSent = true
      })
    } catch (error) {
      throw await this.#notCommitted(error, wasSent)
    }
    this.#phase = 'committed'
    this.#committed = identity
    this.#added = new Set()
  }

  /** Whether nobody has taken the id since. Errors: `unavailable`. */
  isNewest(): Promise<boolean> {
    return this.#coordinator.isOf(this.#identity)
  }

  /** Aborts what is open; waits a moment until what was committed can be read. Never fails. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#sender.close()
    this.#coordinator.close()
    const phase = this.#phase
    this.#phase = 'over'
    if (phase !== 'open' && phase !== 'committed') return
    const signal = new AbortController().signal
    const patience = { ...this.#parts.patience, unavailableAfterMs: tidyMs, signal, onWarning: undefined }
    const coordinator = new Coordinator(this.#parts.cluster, this.#id.transactionalId, patience)
    // Asked once more, a commit is answered well when all its partitions have it.
    const isCommitted = phase === 'committed'
    const identity = isCommitted ? this.#committed : this.#identity
    const ended = coordinator.end(identity, isCommitted).catch(() => undefined)
    const inTime = new AbortController()
    await Promise.race([ended, this.#parts.clock.sleep(tidyMs, inTime.signal)])
    inTime.abort()
    coordinator.close()
  }

  async #prepare(places: readonly TopicPlace[]): Promise<void> {
    const missing = places.filter(place => !this.#added.has(nameOf(place)))
    if (missing.length === 0) return
    if (this.#phase !== 'open') {
      this.#phase = 'open'
      this.#beganMs = this.#parts.clock.monotonicMs()
    }
    try {
      await this.#coordinator.add(this.#identity, missing) // I1
    } catch (error) {
      throw error instanceof IdentityFault ? await this.#meaning(error) : error
    }
    for (const place of missing) this.#added.add(nameOf(place))
  }

  /** What a failed commit means; the end of all that this producer can do. */
  async #notCommitted(error: unknown, wasSent: boolean): Promise<unknown> {
    const isDoubtful = wasSent && (this.#phase === 'doubtful' || !(error instanceof IdentityFault))
    this.#phase = isDoubtful ? 'doubtful' : 'over'
    if (!(error instanceof IdentityFault)) {
      return wasSent ? transactionInDoubt(this.#thing, 'no answer to its commit', error) : error
    }
    if (error.code === producerError.invalidTransactionState) {
      return transactionAborted(this.#thing, 'one that was aborted', error)
    }
    if (!isDoubtful) return this.#meaning(error)
    // A successor that began after our commit and aborted looks like our own time limit: only the pointers can tell.
    return (await this.#wasTimedOut())
      ? transactionInDoubt(this.#thing, 'no answer to its commit before its time limit', error)
      : lostOwnership(this.#thing, error)
  }

  /** What it means that a broker does not go by our id and epoch, while no commit was asked for. */
  async #meaning(fault: IdentityFault): Promise<HeadwaterError> {
    const standing = await this.#coordinator.standing().catch(() => null)
    const { producerId, epoch } = this.#identity
    if (standing?.producerId === producerId && standing.epoch === epoch) {
      return transactionAborted(this.#thing, `${fault.message}, while nobody took it over`, fault)
    }
    if (await this.#wasTimedOut()) {
      const found = `one that was aborted after ${this.#id.transactionTimeoutMs} ms, its time limit`
      return transactionAborted(this.#thing, found, fault)
    }
    return lostOwnership(this.#thing, fault)
  }

  /** Our time is over, and nobody has begun anything since: the coordinator itself fenced us. */
  async #wasTimedOut(): Promise<boolean> {
    const elapsedMs = this.#parts.clock.monotonicMs() - this.#beganMs
    if (elapsedMs < this.#id.transactionTimeoutMs) return false
    const standing = await this.#coordinator.standing().catch(() => null)
    return standing?.producerId === this.#identity.producerId && abortStates.has(standing.state)
  }
}

function nameOf({ topic, partition }: TopicPlace): string {
  return `${topic}/${partition}`
}
