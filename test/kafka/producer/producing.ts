/** What tests of producers share: parts for a broker, messages, and what the Java client reads. */
import { randomBytes } from 'node:crypto'
import type { KafkaAdmin } from '../../../tools/kafka/admin.ts'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { KafkaCluster } from '../../../src/kafka/cluster.ts'
import type { KafkaClusterOptions } from '../../../src/kafka/kafka.ts'
import type { ProducerParts, ProducerSettings } from '../../../src/kafka/producer/producer.ts'
import type { OutMessage } from '../../../src/record/out-message.ts'
import { kafkaTransactions, type KafkaTransactionOptions } from '../../../src/sink/kafka/transactions.ts'
import type { CommitPointer, TransactionSystem } from '../../../src/sink/transaction.ts'

/** How a test reaches a cluster. */
export interface Reaching extends Partial<KafkaClusterOptions> {
  readonly brokers: string
  readonly settings?: ProducerSettings
  readonly warnings?: string[]
  readonly signal?: AbortSignal
}

/** Parts of a producer. The cluster is to be closed. */
export function partsFor({ settings = {}, warnings = [], signal, ...options }: Reaching): ProducerParts {
  const cluster = new KafkaCluster(options)
  const patience = {
    thing: `kafka://${cluster.address}`,
    clock: systemClock,
    unavailableAfterMs: options.unavailableAfterMs ?? 60_000,
    signal: signal ?? new AbortController().signal,
    onWarning: (text: string) => warnings.push(text),
  }
  return { cluster, clock: systemClock, patience, settings }
}

/** A place with transactions. It is to be closed. */
export function placeFor(
  options: KafkaTransactionOptions,
  warnings: string[] = [],
  clock: Clock = systemClock,
): TransactionSystem {
  return kafkaTransactions(options).connect({
    clock,
    onWarning: text => warnings.push(text),
    job: 'totals',
  })
}

/** A text message for a partition. */
export function message(partition: number, value: string | null, key: string | null = null): OutMessage {
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text))
  return { partition, key: bytes(key), value: bytes(value), timestamp: null }
}

/** `<prefix>0` to `<prefix><count - 1>`, in turn to the partitions. */
export function numbered(prefix: string, count: number, partitions: number): OutMessage[] {
  return Array.from({ length: count }, (_, i) => message(i % partitions, `${prefix}${i}`))
}

/** The values that the Java client reads, committed, by partition. */
export async function valuesIn(admin: KafkaAdmin, topic: string, partitions: number): Promise<string[][]> {
  const all: string[][] = []
  for (let partition = 0; partition < partitions; partition++) {
    const records = await admin.read(topic, partition)
    all.push(records.map(({ value }) => value?.toString() ?? ''))
  }
  return all
}

/** A lineage that no other test has. */
export function newLineage(): string {
  return randomBytes(16).toString('hex')
}

/** A pointer of that number. */
export function pointer(number: number, chain: string = 'main'): CommitPointer {
  const digest = number.toString(16).padStart(64, '0')
  return { chain, number, manifest: `.prepared-${number}`, digest, attempt: 'a'.repeat(32) }
}
