/**
 * Fetches from all leaders of a topic, one Fetch at a time and node, as long as there is room; a node that fails is left
 * alone until the cluster was asked anew where its partitions are.
 *
 * I1. Of one node at most `fetchBytes` wait while it is asked for as much again: memory is bounded by twice that.
 * I2. An answer counts only for a partition that still wants to go on where it was asked for: answers of a former leader
 *     are forgotten.
 * I3. No promise is left without a handler; what is final is in `failure`.
 */
import type { Clock } from '../../clock.ts'
import type { HeadwaterError } from '../../errors.ts'
import type { KafkaConnection } from '../../kafka/client.ts'
import type { KafkaCluster } from '../../kafka/cluster.ts'
import { brokerFault, kafkaError, KafkaFault } from '../../kafka/faults.ts'
import type { Topic } from '../../kafka/kafka.ts'
import { Patience, type PatienceOptions } from '../../kafka/patience.ts'
import { fetchOf, type FetchedPartition } from '../../kafka/responses.ts'
import { dashedId } from '../../kafka/topic-id.ts'
import { gap, lostRecords } from './lost-records.ts'
import { OpenTransactions } from './open-transactions.ts'
import type { PartitionCursor } from './partition-cursor.ts'

/** What a fetcher works with. */
export interface FetcherParts {
  readonly cluster: KafkaCluster
  /** The topic as it is now, held against its identity. */
  readonly topic: () => Promise<Topic>
  /** The log's name, for messages. */
  readonly name: string
  readonly cursors: readonly PartitionCursor[]
  readonly fetchBytes: number
  readonly fetchWaitMs: number
  readonly clock: Clock
  readonly patience: PatienceOptions
}

/** How long a position beyond the end waits before it is looked at again. */
const beyondEndPauseMs = 100
const leastPartitionBytes = 1 << 20
const noLeader = -1

/** Keeps the cursors filled. */
export class TopicFetcher {
  /** What ended all fetching. */
  failure: unknown = null
  readonly #parts: FetcherParts
  #leaders: ReadonlyMap<number, number>
  #topic: Topic
  readonly #connections = new Map<number, KafkaConnection>()
  readonly #busy = new Set<number>()
  /** Nodes that failed, with what is left of our patience with each. */
  readonly #patience = new Map<number, Patience>()
  readonly #failed = new Map<number, unknown>()
  readonly #transactions: OpenTransactions
  #recovering = false
  #closed = false
  #wake: (() => void) | null = null
  #woken = false
  #turn = 0

  constructor(topic: Topic, parts: FetcherParts) {
    this.#parts = parts
    this.#topic = topic
    this.#leaders = leadersOf(topic)
    const { clock, name, patience } = parts
    this.#transactions = new OpenTransactions({ clock, name, onWarning: patience.onWarning })
  }

  /** Asks every node that is idle and has room. */
  kick(): void {
    if (this.#closed || this.failure !== null) return
    for (const [node, cursors] of this.#byLeader()) {
      if (node === noLeader) this.#leaveAlone(node, new KafkaFault(`${this.#parts.name}: no leader`))
      if (this.#busy.has(node) || this.#failed.has(node)) continue
      const due = cursors.filter(({ isWanting, isHeld }) => isWanting && !isHeld)
      const waiting = cursors.reduce((sum, { bytesWaiting }) => sum + bytesWaiting, 0)
      if (due.length > 0 && waiting < this.#parts.fetchBytes) this.#ask(node, due)
    }
  }

  /** Resolves when something came, or failed. */
  async change(): Promise<void> {
    if (!this.#woken) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#woken = false
  }

  /** Makes `change` answer. */
  wake(): void {
    this.#woken = true
    this.#wake?.()
    this.#wake = null
  }

  /** What came of this partition's leader was broken: it is asked anew, on a new connection. */
  distrust(partition: number, error: unknown): void {
    this.#leaveAlone(this.#leaders.get(partition) ?? noLeader, error)
  }

  close(): void {
    this.#closed = true
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }

  #byLeader(): Map<number, PartitionCursor[]> {
    const nodes = new Map<number, PartitionCursor[]>()
    for (const cursor of this.#parts.cursors) {
      if (cursor.isDone) continue
      const node = this.#leaders.get(cursor.partition) ?? noLeader
      const list = nodes.get(node)
      if (list) list.push(cursor)
      else nodes.set(node, [cursor])
    }
    return nodes
  }

  #ask(node: number, cursors: readonly PartitionCursor[]): void {
    this.#busy.add(node)
    void this.#fetch(node, cursors)
      .then(
        () => this.#succeeded(node),
        (error: unknown) => this.#leaveAlone(node, error),
      )
      .finally(() => {
        this.#busy.delete(node)
        this.kick()
        this.wake()
      })
  }

  /** What a node that leads nothing now did before is no longer held against it: its partitions are read elsewhere. */
  #succeeded(node: number): void {
    if (this.#patience.size === 0) return
    this.#patience.get(node)?.succeeded()
    const leading = this.#byLeader()
    for (const other of this.#patience.keys()) if (!leading.has(other)) this.#patience.delete(other)
  }

  async #fetch(node: number, cursors: readonly PartitionCursor[]): Promise<void> {
    const connection = await this.#connectionTo(node)
    const { fetchBytes, fetchWaitMs } = this.#parts
    // Brokers fill the answer in the order of the question: everybody comes first in turn.
    const turn = this.#turn++ % cursors.length
    const inTurn = [...cursors.slice(turn), ...cursors.slice(0, turn)]
    const share = Math.min(fetchBytes, Math.max(leastPartitionBytes, Math.ceil(fetchBytes / cursors.length)))
    const asked = new Map(inTurn.map(cursor => [cursor.partition, { cursor, offset: cursor.fetchFrom }]))
    const partitions = [...asked].map(([partition, { offset }]) => ({ partition, offset, maxBytes: share }))
    const bytes = await connection.fetch({
      topicId: dashedId(this.#topic.id),
      partitions,
      maxBytes: fetchBytes,
      maxWaitMs: fetchWaitMs,
    })
    if (this.#closed) return
    const answer = fetchOf(bytes)
    if (answer.error !== 0) throw brokerFault(answer.error, this.#parts.name)
    let fault: unknown = null
    for (const fetched of answer.partitions) {
      const { cursor, offset } = asked.get(fetched.partition) ?? {}
      if (cursor === undefined || cursor.fetchFrom !== offset || cursor.failure !== null) continue // I2
      try {
        await this.#take(cursor, fetched)
      } catch (error) {
        fault ??= error
      }
    }
    if (fault !== null) throw fault as Error
  }

  async #take(cursor: PartitionCursor, fetched: FetchedPartition): Promise<void> {
    const { error, records, aborted } = fetched
    if (error === 0) {
      this.#transactions.saw(fetched, cursor.fetchFrom)
      return cursor.add(records ?? Buffer.alloc(0), aborted)
    }
    if (error !== kafkaError.offsetOutOfRange) {
      throw brokerFault(error, `${this.#parts.name} partition ${cursor.partition}`)
    }
    cursor.failure = await this.#outOfRange(cursor)
    if (cursor.failure !== null) return
    const { clock, patience } = this.#parts
    cursor.isHeld = true
    void clock.sleep(beyondEndPauseMs, patience.signal).then(() => {
      cursor.isHeld = false
      this.kick()
    })
  }

  /** Trimmed, lost, or not there yet (null). */
  async #outOfRange({ partition, fetchFrom, reached }: PartitionCursor): Promise<HeadwaterError | null> {
    const { cluster, name } = this.#parts
    const ask = async (at: 'earliest' | 'latest-uncommitted'): Promise<number> =>
      (await cluster.offsets(this.#topic, [partition], at)).get(partition) as number
    const thing = `${name} partition ${partition}`
    const earliest = await ask('earliest')
    if (fetchFrom < earliest) return gap(thing, fetchFrom, earliest)
    const latest = await ask('latest-uncommitted')
    return reached && latest < fetchFrom ? lostRecords(thing, fetchFrom, latest) : null
  }

  async #connectionTo(node: number): Promise<KafkaConnection> {
    const known = this.#connections.get(node)
    if (known?.isOpen === true) return known
    const connection = await this.#parts.cluster.connect(node)
    if (this.#closed) connection.close()
    else this.#connections.set(node, connection)
    return connection
  }

  /** Not asked again before the cluster said anew who leads what. */
  #leaveAlone(node: number, error: unknown): void {
    if (this.#closed) return
    this.#connections.get(node)?.close()
    this.#connections.delete(node)
    this.#failed.set(node, error)
    if (this.#recovering) return
    this.#recovering = true
    void this.#recover()
      .catch((failure: unknown) => {
        this.failure ??= failure
      })
      .finally(() => {
        this.#recovering = false
        this.kick()
        this.wake()
      })
  }

  async #recover(): Promise<void> {
    while (this.#failed.size > 0 && !this.#closed) {
      const [node, error] = this.#failed.entries().next().value as [number, unknown]
      await this.#patienceWith(node).failed(error)
      if (this.#closed) return
      try {
        this.#topic = await this.#parts.topic()
        this.#leaders = leadersOf(this.#topic)
        this.#failed.clear()
        if (this.#hasLeaderless())
          this.#failed.set(noLeader, new KafkaFault(`${this.#parts.name}: no leader`))
        else this.#patience.delete(noLeader)
        this.kick()
      } catch (failure) {
        this.#failed.set(node, failure)
      }
    }
  }

  #patienceWith(node: number): Patience {
    const patience = this.#patience.get(node) ?? new Patience(this.#parts.patience)
    this.#patience.set(node, patience)
    return patience
  }

  #hasLeaderless(): boolean {
    return this.#byLeader().has(noLeader)
  }
}

function leadersOf({ partitions }: Topic): ReadonlyMap<number, number> {
  return new Map(partitions.map(({ partition, leader }) => [partition, leader]))
}
