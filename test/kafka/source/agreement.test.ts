/**
 * Three implementations read the same topics: our decoder, librdkafka, and the Java client, which wrote them. What one of
 * them gets wrong, the others tell.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { confluentKafka } from '../../../src/source/kafka-confluent/kafka-confluent.ts'
import type { LogRecord } from '../../../src/source/log.ts'
import type { TransactionalProducer } from '../../../tools/kafka/admin.ts'
import { describeConfluent } from '../support/confluent.ts'
import { readRange } from '../support/read-range.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { readerOf } from './topic-under-test.ts'

/** Records that are written to a topic at once, all equal. */
interface Step {
  /** 0: without a transaction; 1 and 2: in that producer's, which `end` ends. */
  readonly producer: number
  readonly end: 'commit' | 'abort' | null
  readonly count: number
  /** Of records without a transaction. */
  readonly codec: string
  readonly record: {
    readonly key: string | null
    readonly value: string | null
    readonly time: number
    readonly headers: [string, string][]
  }
}

const text = (maxLength: number): fc.Arbitrary<string | null> =>
  fc.option(fc.string({ unit: 'grapheme', maxLength }))

const step: fc.Arbitrary<Step> = fc.record({
  producer: fc.nat(2),
  end: fc.constantFrom('commit' as const, 'abort' as const, null),
  count: fc.integer({ min: 1, max: 30 }),
  codec: fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd'),
  record: fc.record({
    key: text(20),
    value: text(100),
    time: fc.integer({ min: 0, max: 1_700_000_000_000 }),
    headers: fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 5 }), fc.string({ maxLength: 9 })), {
      maxLength: 2,
    }),
  }),
})

describeConfluent('three clients', () => {
  const broker = sharedBroker()
  const { admin } = broker
  const asText = { value: 'string', key: 'string' } as const
  const producers: TransactionalProducer[] = []

  before(async () => {
    for (const name of ['one', 'two']) producers.push(await admin.transactional(`agreement-${name}`))
  })
  after(async () => {
    for (const producer of producers.splice(0)) await producer.forget()
  })

  async function write(topic: string, steps: readonly Step[]): Promise<void> {
    const open = new Set<TransactionalProducer>()
    for (const { producer, end, count, codec, record } of steps) {
      const records = Array.from({ length: count }, () => ({ ...record, partition: 0 }))
      const writer = producers[producer - 1]
      if (writer === undefined) {
        await admin.produce(topic, records, { 'compression.type': codec })
        continue
      }
      if (!open.has(writer)) await writer.begin()
      open.add(writer)
      await writer.send(topic, records)
      if (end === null) continue
      await writer[end]()
      open.delete(writer)
    }
    for (const writer of open) await writer.abort()
  }

  async function javaReads(topic: string, from: number, until: number): Promise<LogRecord[]> {
    const records = await admin.read(topic, 0, { from, until })
    return records.map(({ offset, time, key, value, headers }) => ({
      offset,
      time,
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
      headers:
        headers.length === 0 ? null : Object.fromEntries(headers.map(([name, v]) => [name, String(v)])),
    }))
  }

  /** Of a topic that those steps write; start and stop are parts of a hundred. */
  async function agree(steps: readonly Step[], start: number, stop: number): Promise<void> {
    const topic = await newTopic(admin, 1)
    await write(topic, steps)
    const { latest } = (await admin.describeTopic(topic)).partitions[0]!
    const from = Math.floor((start * latest) / 100)
    const until = Math.max(from, latest - Math.floor((stop * latest) / 100))
    const expected = await javaReads(topic, from, until)
    const ours = readerOf(broker, topic, asText)
    const theirs = confluentKafka({ brokers: broker.addresses.plaintext, topic, ...asText })
    for (const log of [ours, theirs]) {
      const { records, next } = await readRange(log, from, until)
      expect(records).to.deep.equal(expected)
      expect(next).to.equal(until)
    }
  }

  it('agree on every record from everywhere, whatever was written, aborted and packed', async () => {
    const topics = fc.tuple(fc.array(step, { minLength: 1, maxLength: 12 }), fc.nat(99), fc.nat(99))
    const holds = fc.asyncProperty(topics, async ([steps, start, stop]) => await agree(steps, start, stop))
    await fc.assert(holds, { numRuns: 15, endOnFailure: true })
  })

  it('agree where a read begins and ends among aborted records', async () => {
    const record = { key: null, value: 'a', time: 0, headers: [] }
    await agree([{ producer: 1, end: 'abort', count: 22, codec: 'none', record }], 60, 0)
  })
})
