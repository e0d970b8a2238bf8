/** One reader of one topic by librdkafka: where it begins and ends, and reads of it. Who it is the default client says. */
import { systemClock, type Clock } from '../../clock.ts'
import { patiently } from '../../kafka/patience.ts'
import type { PartitionPositions } from '../../record/position.ts'
import { kafka } from '../kafka/kafka.ts'
import { openReader, recordMaker } from '../kafka/record-maker.ts'
import { checkInstant } from '../log-bound.ts'
import type { Log, LogBatch, LogDescription, LogReadOptions } from '../log.ts'
import { checkReadOptions, defaultBatchRecords } from '../read-options.ts'
import type { ConfluentKafkaOptions } from './kafka-confluent.ts'
import { Lane } from './lane.ts'
import { openLibrdkafka, type Librdkafka } from './librdkafka.ts'
import { readLanes } from './read-lanes.ts'
import { librdkafkaSettings } from './settings.ts'

/** A topic as a log; made by `confluentKafka(…)`. */
export class ConfluentLog implements Log {
  readonly #options: ConfluentKafkaOptions
  readonly #identity: Log
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #asking: Promise<Librdkafka> | null = null

  constructor(options: ConfluentKafkaOptions) {
    librdkafkaSettings(options) // refuses what it does not know before anything is connected
    this.#options = options
    this.#identity = kafka(options)
    this.#clock = options.clock ?? systemClock
  }

  async describe(): Promise<LogDescription> {
    const known = await this.#identity.describe()
    return this.#patiently(known.name, async () => {
      const client = await this.#asker()
      const partitions = await Promise.all(
        known.partitions.map(async ({ partition }) => ({ partition, ...(await client.bounds(partition)) })),
      )
      return { ...known, partitions }
    })
  }

  async offsetsAt(timeMs: number): Promise<PartitionPositions> {
    checkInstant(`kafka: ${this.#options.topic}`, timeMs)
    const { name, partitions } = await this.describe()
    return this.#patiently(name, async () => {
      const client = await this.#asker()
      const places = partitions.map(async ({ partition, latest }) => {
        const offset = await client.offsetAt(partition, timeMs)
        return [partition, offset < 0 ? latest : Math.min(offset, latest)] as const
      })
      return new Map(await Promise.all(places))
    })
  }

  async *read(options: LogReadOptions): AsyncGenerator<LogBatch, void, undefined> {
    const signal = AbortSignal.any([this.#closed.signal, ...(options.signal ? [options.signal] : [])])
    try {
      yield* this.#read(options, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Ends every read. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#identity.close()
    await (await this.#asking?.catch(() => null))?.close()
  }

  async *#read(options: LogReadOptions, signal: AbortSignal): AsyncGenerator<LogBatch, void, undefined> {
    const { name, partitions } = await this.#identity.describe()
    if (signal.aborted) return
    checkReadOptions(name, partitions.length, options)
    const lanes = await this.#lanes(name, options, signal)
    const warn = options.onWarning ?? ((): void => undefined)
    const client = await this.#patiently(name, () => this.#open(text => warn(`${name}: ${text}`)))
    const close = (): void => void client.close()
    signal.addEventListener('abort', close)
    try {
      if (signal.aborted) return
      yield* readLanes({
        client,
        lanes,
        identity: () => this.#identity.describe(),
        name,
        maxRecords: options.maxBatchRecords ?? defaultBatchRecords,
        clock: this.#clock,
        signal,
      })
    } finally {
      signal.removeEventListener('abort', close)
      await client.close()
    }
  }

  async #lanes(
    log: string,
    { from, until, onWarning }: LogReadOptions,
    signal: AbortSignal,
  ): Promise<Lane[]> {
    const { topic, decode, unavailableAfterMs = 60_000 } = this.#options
    const patience = { clock: this.#clock, unavailableAfterMs, signal, onWarning }
    const key = await openReader(this.#options.key ?? 'string', undefined, patience)
    const value = decode ?? (await openReader(this.#options.value ?? 'json', undefined, patience))
    return [...from].map(([partition, offset]) => {
      const make = recordMaker({ topic, log, partition, key, value })
      return new Lane(partition, offset, until?.get(partition) ?? Infinity, make)
    })
  }

  /** The client that is asked and reads nothing. */
  #asker(): Promise<Librdkafka> {
    const opening = this.#asking ?? this.#open(() => undefined)
    this.#asking = opening
    opening.catch(() => (this.#asking = null))
    return opening
  }

  async #open(onWarning: (text: string) => void): Promise<Librdkafka> {
    return openLibrdkafka(this.#options.topic, librdkafkaSettings(this.#options), onWarning)
  }

  async #patiently<T>(thing: string, attempt: () => Promise<T>): Promise<T> {
    const { unavailableAfterMs = 60_000 } = this.#options
    return patiently(attempt, { thing, clock: this.#clock, unavailableAfterMs, signal: this.#closed.signal })
  }
}
