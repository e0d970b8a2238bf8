/**
 * What others took for the same job on a topic made the same way, on a machine of the same kind (2 cores shared with the
 * broker): messages a second, both cores. Measured once, not in this run.
 */
export interface Peer {
  readonly name: string
  readonly perSecond: number
  /** Whether to be faster is a goal; else only the ratio is printed. */
  readonly isGoal: boolean
}

export const peers: readonly Peer[] = [
  { name: 'Flink 2.3, heap, checkpoints every 10 s', perSecond: 620_000, isGoal: false },
  { name: 'Flink 2.3, RocksDB, checkpoints every 10 s', perSecond: 124_000, isGoal: true },
  { name: 'Kafka Streams 4.2, in memory, changelog', perSecond: 200_000, isGoal: true },
  { name: 'Kafka Streams 4.2, RocksDB', perSecond: 91_000, isGoal: true },
  { name: 'Bytewax 0.21', perSecond: 32_000, isGoal: true },
]
