/**
 * The broker that keeps the transactions of one transactional id: finds it, and asks it again while it moves, loads, or is
 * busy ending a transaction. Who we are is not known here; each request names it.
 */
import { HeadwaterError, unavailable } from '../../errors.ts'
import type { KafkaConnection, KafkaRequest } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import { Patience, type PatienceOptions } from '../patience.ts'
import { featuresOf } from '../responses.ts'
import { addedOf, coordinatorOf, endOf, identityOf, standingOf, type TransactionStanding } from './answers.ts'
import { IdentityFault, lostOwnership, producerError, producerFault, stopped } from './producer-faults.ts'
import {
  addPartitions,
  describeTransaction,
  endTransaction,
  findCoordinator,
  initProducerId,
  type ProducerIdentity,
  type TopicPlace,
} from './requests.ts'

/** How often to look whether a transaction that is being ended has ended. */
const busyPauseMs = 20
/** From when on that is worth a word. */
const busyWarningMs = 2000
/** So long it is waited for where the run is told to stop, whose last checkpoint may come right behind another. */
const lastBusyMs = 3000
/** A takeover may meet another, or a transaction that times out just then. */
const takeoverTries = 5
const operationNotAttempted = 55

/** The level of the feature from which on each transaction of a producer has an epoch of its own. */
const renewingLevel = 2

interface CoordinatorConnection {
  readonly connection: KafkaConnection
  /** The cluster gives a new epoch with the end of a transaction. */
  readonly renews: boolean
}

/** The former transaction of this id is still being ended. */
class Busy extends Error {}

/** Asks the coordinator of one transactional id. */
export class Coordinator {
  readonly #cluster: KafkaCluster
  readonly #id: string
  readonly #thing: string
  readonly #patience: PatienceOptions
  /** One for all who ask at once: leaders of several brokers are written to side by side. */
  #connection: Promise<CoordinatorConnection> | null = null
  #closed = false

  constructor(cluster: KafkaCluster, transactionalId: string, patience: PatienceOptions) {
    this.#cluster = cluster
    this.#id = transactionalId
    this.#patience = patience
    this.#thing = `transactional id ${transactionalId}`
  }

  /**
   * Takes the id: whoever had it is fenced, and its transaction has ended, as it was decided or else aborted, when this
   * resolves. Errors: `invalid` `not-authorised`, `bad-transaction-timeout`; `conflict` `lost-ownership` (others take it all the time).
   */
  async take(timeoutMs: number): Promise<ProducerIdentity> {
    const attempt = async (): Promise<ProducerIdentity> => {
      const { error, identity } = identityOf(await this.#ask(initProducerId(this.#id, timeoutMs)))
      this.#check(error)
      return identity
    }
    for (let tries = 1; ; tries++) {
      try {
        return await this.#patiently(attempt)
      } catch (error) {
        if (!(error instanceof IdentityFault)) throw error
        if (tries === takeoverTries) throw lostOwnership(this.#thing, error)
        await this.#patience.clock.sleep(busyPauseMs, this.#patience.signal)
      }
    }
  }

  /** These partitions are of the transaction. Errors: IdentityFault; `invalid` `not-authorised`. */
  async add(identity: ProducerIdentity, places: readonly TopicPlace[]): Promise<void> {
    await this.#patiently(async () => {
      const answers = addedOf(await this.#ask(addPartitions(this.#id, identity, places)))
      const refused = answers.filter(({ error }) => error !== 0)
      // Where one partition is refused, the others are not tried.
      const first = refused.find(({ error }) => error !== operationNotAttempted) ?? refused[0]
      if (first !== undefined) this.#check(first.error, `topic ${first.topic} partition ${first.partition}`)
    })
  }

  /**
   * Resolves when the end is decided for ever, with the identity for the next transaction: a new epoch where the cluster gives
   * one with each, so that a request that was sent twice and comes late can't be taken for one of the next transaction
   * (KIP-890, `transaction.version` 2: Kafka 4.0). `onSent`: called when it was sent and nothing is known yet. Errors: IdentityFault.
   */
  async end(
    identity: ProducerIdentity,
    commits: boolean,
    onSent: () => void = () => undefined,
  ): Promise<ProducerIdentity> {
    return await this.#patiently(async () => {
      const { connection, renews } = await this.#connected()
      onSent()
      const answer = await connection.ask(endTransaction(this.#id, identity, commits, renews))
      const ended = renews ? identityOf(answer) : { error: endOf(answer), identity }
      this.#check(ended.error)
      return ended.identity
    })
  }

  /** Where the id's transactions stand; null where it is not known here. One attempt. */
  async standing(): Promise<TransactionStanding | null> {
    const standing = standingOf(await this.#ask(describeTransaction(this.#id)))
    return standing?.error === 0 ? standing : null
  }

  /** Whether the id is still this producer's: nobody has taken it since. Errors: `unavailable`. */
  async isOf({ producerId, epoch }: ProducerIdentity): Promise<boolean> {
    return this.#patiently(async () => {
      const standing = standingOf(await this.#ask(describeTransaction(this.#id)))
      this.#check(standing?.error ?? 0)
      return standing?.producerId === producerId && standing.epoch === epoch
    })
  }

  /** Ends what is under way, too. */
  close(): void {
    this.#closed = true
    this.#forget()
  }

  /** The next request opens a new connection. */
  #forget(): void {
    this.#connection?.then(
      ({ connection }) => connection.close(),
      () => undefined,
    )
    this.#connection = null
  }

  #check(error: number, thing: string = this.#thing): void {
    if (error === 0) return
    if (error === producerError.concurrentTransactions) throw new Busy()
    throw producerFault(error, thing)
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const { clock, signal } = this.#patience
    const patience = new Patience(this.#patience)
    const busy = new BusyTime(this.#patience, this.#thing)
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof HeadwaterError || error instanceof IdentityFault) throw error
        const isBusy = error instanceof Busy
        if (signal.aborted && !(isBusy && busy.elapsedMs < lastBusyMs)) throw stopped(this.#thing, error)
        if (isBusy) {
          busy.check()
          await clock.sleep(busyPauseMs)
        } else {
          this.#forget()
          await patience.failed(error)
        }
      }
    }
  }

  async #ask(request: KafkaRequest): Promise<Buffer> {
    const { connection } = await this.#connected()
    return connection.ask(request)
  }

  async #connected(): Promise<CoordinatorConnection> {
    for (;;) {
      if (this.#closed) throw stopped(this.#thing, null)
      const opening = (this.#connection ??= this.#connect())
      const connected = await opening.catch((error: unknown) => {
        if (this.#connection === opening) this.#connection = null
        throw error
      })
      if (connected.connection.isOpen) return connected
      if (this.#connection === opening) this.#forget()
    }
  }

  async #connect(): Promise<CoordinatorConnection> {
    const { error, address } = coordinatorOf(await this.#cluster.ask(findCoordinator(this.#id)))
    if (error !== 0) throw producerFault(error, this.#thing)
    const connection = await this.#cluster.connectTo(address)
    const level = featuresOf(await connection.apiVersions()).get('transaction.version') ?? 0
    return { connection, renews: level >= renewingLevel }
  }
}

/** How long the coordinator has been busy. */
class BusyTime {
  readonly #options: PatienceOptions
  readonly #sinceMs: number
  #hasWarned = false

  constructor(options: PatienceOptions, thing: string) {
    this.#options = { ...options, thing }
    this.#sinceMs = options.clock.monotonicMs()
  }

  get elapsedMs(): number {
    return this.#options.clock.monotonicMs() - this.#sinceMs
  }

  /** Errors: `unavailable` `transactions-busy`. */
  check(): void {
    const { thing, unavailableAfterMs, onWarning } = this.#options
    const { elapsedMs } = this
    if (elapsedMs > unavailableAfterMs) {
      throw unavailable({
        code: 'transactions-busy',
        thing,
        expected: 'the former transaction to end',
        found: `it is still being ended after ${Math.round(elapsedMs / 1000)} s`,
        remedy: 'check that the leaders of all its partitions are there',
      })
    }
    if (elapsedMs > busyWarningMs && !this.#hasWarned) {
      this.#hasWarned = true
      onWarning?.(`${thing}: its former transaction is still being ended; waiting`)
    }
  }
}
