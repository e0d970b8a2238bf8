/**
 * The only importer of @confluentinc/kafka-javascript (librdkafka), which is optional: it is loaded when the first reader
 * connects. Partitions are assigned by hand, at offsets of ours; the group that it wants a name of is never joined.
 *
 * I1. It resets no offset: where it can't go on it stands still, and whoever reads asks why (`bounds`). Its own word for it
 *     is lost when it comes in one answer with messages.
 */
import type * as confluent from '@confluentinc/kafka-javascript'
import { invalid, messageOf } from '../../errors.ts'
import { brokerFault, KafkaFault } from '../../kafka/faults.ts'
import type { Offset } from '../../record/position.ts'
import type { LibrdkafkaSettings } from './kafka-confluent.ts'

/** A message; `timestamp` is −1 where it has none. */
export type LibrdkafkaMessage = confluent.ConfluentMessage

/** What came. */
export interface Taken {
  /** Each partition's in order. */
  readonly messages: readonly LibrdkafkaMessage[]
  /** Partitions that are read to their end at that offset, once all messages are taken. */
  readonly ends: ReadonlyMap<number, Offset>
}

/** One reader of one topic. Errors of requests: KafkaFault where another try may help, `invalid` where none does. */
export interface Librdkafka {
  /** Reads these partitions from there on, and no others; what was read ahead is dropped. */
  assign(places: ReadonlyMap<number, Offset>): void
  /** At most `max` messages; waits up to 100 ms for the first. */
  take(max: number): Promise<Taken>
  /** The first offset still there, and the end of what is committed. */
  bounds(partition: number): Promise<{ readonly earliest: Offset; readonly latest: Offset }>
  /** The first offset at or past that time; −1 where there is none. */
  offsetAt(partition: number, timeMs: number): Promise<number>
  close(): Promise<void>
}

const [connectTimeoutMs, requestTimeoutMs, takeTimeoutMs] = [10_000, 10_000, 100]
const nothing: Taken = { messages: [], ends: new Map() }
/** librdkafka's: the end of a partition. */
const endOffset = -1
/** librdkafka says these of its own: the first message is what a broker says of a position outside the log. */
const passing = new Set([1, -140, -184, -185, -187, -190, -192, -193, -195])

/** Connects. Errors: `invalid`, code `no-confluent-client`, where the package is not installed; KafkaFault. */
export async function openLibrdkafka(
  topic: string,
  settings: LibrdkafkaSettings,
  onWarning: (text: string) => void,
): Promise<Librdkafka> {
  const { KafkaConsumer: Consumer } = await load()
  const consumer = new Consumer(settings, { 'auto.offset.reset': 'error' })
  consumer.on('event.error', error => onWarning(error.message))
  try {
    await answer<unknown>(topic, done => consumer.connect({ topic, timeout: connectTimeoutMs }, done))
  } catch (error) {
    consumer.disconnect(() => undefined)
    throw error
  }
  consumer.setDefaultConsumeTimeout(takeTimeoutMs)
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
  return new Reader(topic, consumer, onWarning)
}

class Reader implements Librdkafka {
  readonly #topic: string
  readonly #consumer: confluent.KafkaConsumer
  readonly #onWarning: (text: string) => void
  #ends = new Map<number, Offset>()
  #taking: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | null = null

  constructor(topic: string, consumer: confluent.KafkaConsumer, onWarning: (text: string) => void) {
    this.#topic = topic
    this.#consumer = consumer
    this.#onWarning = onWarning
    // These come during the callback of `consume`, before it is over.
    consumer.on('partition.eof', ({ partition, offset }) => this.#ends.set(partition, offset))
  }

  assign(places: ReadonlyMap<number, Offset>): void {
    this.#consumer.assign(
      [...places].map(([partition, offset]) => ({ topic: this.#topic, partition, offset })),
    )
  }

  async take(max: number): Promise<Taken> {
    if (this.#closing !== null) return nothing
    this.#ends = new Map()
    const taking = answer<confluent.ConfluentMessage[]>(this.#topic, done =>
      this.#consumer.consume(max, done),
    )
    this.#taking = taking
    try {
      const messages = await taking
      return { messages, ends: this.#ends }
    } catch (error) {
      if (!(error instanceof KafkaFault)) throw error
      this.#onWarning(error.message)
      return nothing
    }
  }

  async bounds(partition: number): Promise<{ earliest: Offset; latest: Offset }> {
    const { lowOffset, highOffset } = await answer<{ lowOffset: number; highOffset: number }>(
      this.#topic,
      done => this.#consumer.queryWatermarkOffsets(this.#topic, partition, requestTimeoutMs, done),
    )
    return { earliest: lowOffset, latest: highOffset }
  }

  async offsetAt(partition: number, timeMs: number): Promise<number> {
    const question = [{ topic: this.#topic, partition, offset: timeMs }]
    const [found] = await answer<confluent.ConfluentPlace[]>(this.#topic, done =>
      this.#consumer.offsetsForTimes(question, requestTimeoutMs, done),
    )
    return found?.offset ?? endOffset
  }

  async close(): Promise<void> {
    await (this.#closing ??= this.#close())
  }

  /** Not while another thread takes messages. */
  async #close(): Promise<void> {
    await this.#taking.catch(() => undefined)
    await answer<unknown>(this.#topic, done => this.#consumer.disconnect(done)).catch(() => undefined)
  }
}

async function load(): Promise<typeof confluent.default> {
  try {
    return (await import('@confluentinc/kafka-javascript')).default
  } catch (cause) {
    throw invalid({
      code: 'no-confluent-client',
      thing: 'Kafka',
      expected: 'the package @confluentinc/kafka-javascript',
      found: messageOf(cause),
      remedy: 'npm install @confluentinc/kafka-javascript, or read by `kafka(…)`, which needs no build',
      cause,
    })
  }
}

type Done<T> = (error: confluent.ConfluentError | null, answer: T) => void

async function answer<T>(topic: string, ask: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, result) => {
      if (error === null || error === undefined) resolve(result)
      else reject(faultOf(error, topic))
    })
  })
}

/** Errors of brokers have their numbers of Kafka's protocol, librdkafka's own are negative. */
function faultOf(error: confluent.ConfluentError, topic: string): Error {
  const isBrokers = error.code > 0 && !passing.has(error.code)
  return isBrokers
    ? brokerFault(error.code, `topic ${topic}`)
    : new KafkaFault(error.message, { cause: error })
}
