/** What our batches hold, as the Java client reads it; and where keys go, as it would have sent them. */
import { expect } from 'chai'
import fc from 'fast-check'
import { openIdempotentProducer } from '../../../src/kafka/producer/idempotent-producer.ts'
import type { Compression } from '../../../src/kafka/producer/producer.ts'
import type { OutHeader, OutMessage } from '../../../src/record/out-message.ts'
import { messageMaker } from '../../../src/sink/kafka/message-maker.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { partsFor } from './producing.ts'

const { admin, addresses } = sharedBroker()
const compressions: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4']

async function write(
  topic: string,
  messages: readonly OutMessage[],
  compression: Compression,
): Promise<void> {
  const parts = partsFor({ brokers: addresses.plaintext, settings: { compression } })
  const producer = await openIdempotentProducer(parts)
  await producer.send(topic, messages)
  await producer.flush()
  await producer.close()
  await parts.cluster.close()
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((each): Uint8Array => Buffer.from(each))
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(each => each.isWellFormed())
const header = fc.tuple(text, fc.option(bytes)).map(([name, value]): OutHeader => [name, value])
const someMessage: fc.Arbitrary<OutMessage> = fc.record({
  partition: fc.constant(0),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 4 }),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 1_750_000_000_000 }), fc.nat(100_000)),
})

describe('messages', () => {
  for (const compression of compressions) {
    it(`come out as they went in: keys, tombstones, headers, times (${compression})`, async () => {
      const topic = await newTopic(admin, 1)
      const special: OutMessage[] = [
        { partition: 0, key: null, value: null, timestamp: 0 },
        { partition: 0, key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 1 },
        { partition: 0, key: Buffer.from('k'), value: null, timestamp: 1_700_000_000_000 },
        {
          partition: 0,
          key: null,
          value: Buffer.alloc(200_000, 'x'),
          timestamp: 5,
          headers: [
            ['a', null],
            ['a', Buffer.from('twice')],
            ['é😀', Buffer.alloc(0)],
          ],
        },
      ]
      const random = fc.sample(someMessage, { numRuns: 500, seed: 7 })
      const messages = [...special, ...random]
      await write(topic, messages, compression)
      const read = await admin.read(topic, 0)
      const expected = messages.map(({ key, value, headers = [], timestamp }, offset) => ({
        offset,
        time: timestamp,
        timeType: 'CreateTime',
        key: key === null ? null : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers: headers.map(([name, content]) => [name, content === null ? null : Buffer.from(content)]),
      }))
      expect(read).to.deep.equal(expected)
    })
  }

  it('without a time have that of sending', async () => {
    const topic = await newTopic(admin, 1)
    const before = Date.now()
    await write(topic, [{ partition: 0, key: null, value: Buffer.from('a'), timestamp: null }], 'none')
    const [record] = await admin.read(topic, 0)
    expect(record!.time).to.be.within(before, Date.now())
  })
})

describe('the partition of a key', () => {
  it('is that of the Java client', async () => {
    const partitions = 7
    const topic = await newTopic(admin, partitions)
    const keys = fc.sample(text, { numRuns: 400, seed: 3 })
    const make = messageMaker({ key: 'user' }, null, 'totals')
    const ours = keys.map(key => make({ user: key }, partitions).partition)
    const written = await admin.produce(
      topic,
      keys.map(key => ({ key, value: 'x' })),
    )
    expect(new Set(ours).size).to.equal(partitions)
    expect(ours).to.deep.equal(written.map(({ partition }) => partition))
  })
})
