/**
 * The Kafka sink: what a job emits, as messages of a topic. Needs the package @platformatic/kafka, and brokers of Kafka 3.5 or
 * later.
 *
 * Who owns what: message-maker.ts from records to messages · transactions.ts the cluster as a place with transactions ·
 * kafka-sink-address.ts its address. What is sent, tried again and numbered is the business of ../../kafka/producer.
 */
import { systemClock } from '../../clock.ts'
import { internal, invalid } from '../../errors.ts'
import { KafkaCluster } from '../../kafka/cluster.ts'
import { noSuchTopic } from '../../kafka/faults.ts'
import { patiently, type PatienceOptions } from '../../kafka/patience.ts'
import { openIdempotentProducer } from '../../kafka/producer/idempotent-producer.ts'
import { sendLimits } from '../../kafka/producer/producer.ts'
import type { AnyRecord, Field } from '../../record/record.ts'
import type { OpenSink, Sink, SinkRun } from '../sink.ts'
import { messageMaker, type MessageOptions } from './message-maker.ts'
import { kafkaTransactions, type KafkaTransactionOptions } from './transactions.ts'

/** What a Kafka sink can promise. */
export type KafkaGuarantee = 'exactly-once' | 'at-least-once'

/** A topic, and what is written into it. */
export interface KafkaSinkOptions extends KafkaTransactionOptions, MessageOptions {
  readonly topic: string
}

/**
 * `kafkaSink({ brokers: 'localhost:9092', topic: 'totals', key: 'user' })`. Nothing is connected before a run uses it.
 *
 * `exactly-once` (default): what is put out between two checkpoints is one transaction, which is committed with the checkpoint
 * and is its commit point; readers must read `read_committed`. `at-least-once`: written at once, and again what came after the
 * last checkpoint when a run starts again. All `exactly-once` sinks of a run must lead to one cluster (`two-clusters`), and share the
 * connection, user and settings of transactions of the first.
 *
 * Errors: `invalid` `bad-brokers`, `bad-option`, later `no-such-topic`, `not-authorised`, `message-too-large`; those of the
 * source's connections.
 */
export function kafkaSink<G extends KafkaGuarantee = 'exactly-once'>(
  options: KafkaSinkOptions & { readonly guarantee?: G },
): Sink<G> {
  const { guarantee = 'exactly-once' as G, topic } = options
  const name = `kafka://${new KafkaCluster(options).address}/${topic}`
  if (guarantee !== 'exactly-once' && guarantee !== 'at-least-once') {
    const expected = 'exactly-once or at-least-once'
    throw invalid({ code: 'bad-option', thing: `${name}: guarantee`, expected, found: `'${guarantee}'` })
  }
  sendLimits(options)
  const isExact = guarantee === 'exactly-once'
  return {
    name,
    guarantee,
    ...(isExact && { transactions: kafkaTransactions(options) }),
    check: async () => await findTopic(options, name),
    open: (_state, fields, run) =>
      isExact ? openExact(options, name, fields, run) : openPlain(options, name, fields, run),
  }
}

async function openExact(
  options: KafkaSinkOptions,
  name: string,
  fields: readonly Field[] | null,
  run: SinkRun | undefined,
): Promise<OpenSink> {
  const make = messageMaker(options, fields, name)
  const transactions = run?.transactions
  if (transactions === undefined) {
    throw internal({ code: 'no-transactions', thing: name, expected: 'a run with a producer' })
  }
  const partitions = await transactions.partitionCount(options.topic)
  return {
    write: async records => await transactions.send(options.topic, madeOf(records, make, partitions)),
    prepare: async () => null, // the run commits the transaction, and with it all that was written
    committed: nothing,
    close: nothing,
  }
}

async function openPlain(
  options: KafkaSinkOptions,
  name: string,
  fields: readonly Field[] | null,
  run: SinkRun | undefined,
): Promise<OpenSink> {
  const make = messageMaker(options, fields, name)
  const cluster = new KafkaCluster(options)
  const clock = options.clock ?? run?.clock ?? systemClock
  const closing = new AbortController()
  const patience = patienceOf(options, name, closing.signal)
  try {
    const producer = await openIdempotentProducer({ cluster, clock, patience, settings: options })
    const partitions = await producer.partitionCount(options.topic)
    return {
      write: async records => await producer.send(options.topic, madeOf(records, make, partitions)),
      prepare: async () => {
        await producer.flush()
        return null
      },
      committed: nothing,
      close: async () => {
        closing.abort()
        await producer.close()
        await cluster.close()
      },
    }
  } catch (error) {
    await cluster.close()
    throw error
  }
}

function madeOf(
  records: readonly AnyRecord[],
  make: ReturnType<typeof messageMaker>,
  partitions: number,
): ReturnType<typeof make>[] {
  return records.map(record => make(record, partitions))
}

/** Touches nothing; whether the topic is there and may be seen. */
async function findTopic(options: KafkaSinkOptions, name: string): Promise<void> {
  const cluster = new KafkaCluster(options)
  const patience = patienceOf(options, name, new AbortController().signal)
  try {
    const topic = await patiently(() => cluster.topic(options.topic), patience)
    if (topic === null) throw noSuchTopic(name, options.topic)
  } finally {
    await cluster.close()
  }
}

function patienceOf(options: KafkaSinkOptions, thing: string, signal: AbortSignal): PatienceOptions {
  const { clock = systemClock, unavailableAfterMs = 60_000 } = options
  return { thing, clock, unavailableAfterMs, signal }
}

async function nothing(): Promise<void> {
  // What a transaction holds is the run's to end; a producer keeps nothing between calls.
}
