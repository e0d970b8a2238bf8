/** Brokers that batches go to: of each one connection, one request at a time, and what is left of our patience with it. */
import type { KafkaConnection } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import { KafkaFault } from '../faults.ts'
import type { Patience } from '../patience.ts'

/** The way to one broker. */
export class Lane {
  readonly node: number
  readonly patience: Patience
  isBusy = false
  readonly #cluster: KafkaCluster
  #connection: KafkaConnection | null = null
  #closed = false

  constructor(node: number, cluster: KafkaCluster, patience: Patience) {
    this.node = node
    this.#cluster = cluster
    this.patience = patience
  }

  async connection(): Promise<KafkaConnection> {
    if (this.#connection?.isOpen === true) return this.#connection
    const connection = await this.#cluster.connect(this.node)
    if (this.#closed) {
      connection.close()
      throw new KafkaFault('closed')
    }
    return (this.#connection = connection)
  }

  /** The next request opens a new connection. */
  forget(): void {
    this.#connection?.close()
    this.#connection = null
  }

  close(): void {
    this.#closed = true
    this.forget()
  }
}

/** All of them. */
export class BrokerLanes {
  readonly #lanes = new Map<number, Lane>()
  readonly #running = new Set<Promise<void>>()
  readonly #cluster: KafkaCluster
  readonly #patience: () => Patience

  constructor(cluster: KafkaCluster, patience: () => Patience) {
    this.#cluster = cluster
    this.#patience = patience
  }

  of(node: number): Lane {
    const lane = this.#lanes.get(node) ?? new Lane(node, this.#cluster, this.#patience())
    this.#lanes.set(node, lane)
    return lane
  }

  /** Keeps the lane busy until the work is over; the work must not reject, and says itself when the lane is free. */
  run(lane: Lane, work: () => Promise<void>): void {
    lane.isBusy = true
    const running = work().finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Closes all connections, which ends what is under way. */
  async close(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.close()
    await Promise.all(this.#running)
  }
}
