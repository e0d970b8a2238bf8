/** Records as producers write them: compression, headers, tombstones, times, values that are none. */
import { expect } from 'chai'
import { Undecodable } from '../../../src/source/undecodable.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { batchesOf, recordsOf } from './reading.ts'
import { readerOf } from './topic-under-test.ts'

describe('records of a topic', () => {
  const broker = sharedBroker()
  const { admin } = broker

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    it(`compressed by ${codec}, from every offset`, async () => {
      const topic = await newTopic(admin, 1)
      const given = Array.from({ length: 60 }, (_, i) => ({ i, text: `${'abc '.repeat(i * 40)}ü${i}` }))
      const records = given.map(value => ({ partition: 0, value: JSON.stringify(value) }))
      const client = { 'compression.type': codec, 'batch.size': '1000000' }
      await admin.produce(topic, records.slice(0, 50), client)
      await admin.produce(topic, records.slice(50), client)
      for (const from of [0, 1, 17, 49, 50, 59]) {
        const batches = await batchesOf(readerOf(broker, topic), new Map([[0, from]]))
        expect(batches.flatMap(batch => batch.records.map(({ value }) => value))).to.deep.equal(
          given.slice(from),
        )
      }
    })
  }

  it('snappy without frames, as other clients write it', async () => {
    const { Producer } = await import('@platformatic/kafka')
    const topic = await newTopic(admin, 1)
    const producer = new Producer({ clientId: 'test', bootstrapBrokers: [broker.addresses.plaintext] })
    const messages = ['"a"', '"b"'].map(value => ({ topic, partition: 0, value: Buffer.from(value) }))
    await producer.send({ messages, compression: 'snappy', acks: -1 })
    await producer.close()
    expect((await recordsOf(readerOf(broker, topic))).map(({ value }) => value)).to.deep.equal(['a', 'b'])
  })

  it('headers, keys, tombstones and times', async () => {
    const topic = await newTopic(admin, 1)
    const headers = [
      ['trace', 'ü1'],
      ['twice', 'first'],
      ['twice', 'last'],
      ['none', null],
      ['bytes', Uint8Array.of(0xff, 0xfe)],
    ] as const
    await admin.produce(topic, [
      { partition: 0, key: 'käy', value: '1', time: 1_700_000_000_123, headers },
      { partition: 0, key: null, value: '{"a":[true,null]}', time: 0 },
      { partition: 0, key: '', value: null, time: 5 },
    ])
    expect(await recordsOf(readerOf(broker, topic))).to.deep.equal([
      {
        offset: 0,
        time: 1_700_000_000_123,
        key: 'käy',
        value: 1,
        headers: { trace: 'ü1', twice: 'last', none: '', bytes: '//4=' },
      },
      { offset: 1, time: 0, key: null, value: { a: [true, null] }, headers: null },
      { offset: 2, time: 5, key: '', value: null, headers: null },
    ])
  })

  it('the broker’s time where the topic says so', async () => {
    const topic = await newTopic(admin, 1, { 'message.timestamp.type': 'LogAppendTime' })
    const written = await admin.produce(topic, [
      { partition: 0, value: '1', time: 1000 },
      { partition: 0, value: '2', time: 2000 },
    ])
    const expected = (await admin.read(topic, 0)).map(({ time, timeType }) => [time, timeType])
    expect(expected[0]?.[1]).to.equal('LogAppendTime')
    const types: string[] = []
    const log = readerOf(broker, topic, { decode: ({ timeType }) => types.push(String(timeType)) })
    const found = await recordsOf(log)
    expect(found.map(({ time }) => time)).to.deep.equal(expected.map(([time]) => time))
    expect(found[0]?.time).to.be.above(1_700_000_000_000)
    expect(types).to.deep.equal(['log-append', 'log-append'])
    expect(written).to.have.length(2)
  })

  it('times that are no milliseconds: none, and they are read and found as the Java client does', async () => {
    const topic = await newTopic(admin, 1, { 'message.timestamp.after.max.ms': String(2n ** 63n - 1n) })
    const [before, nanos, after] = [1_700_000_000_000, 1.7e18, 1_700_000_000_500]
    const records = [before, nanos, after].map(time => ({ partition: 0, value: '1', time }))
    await admin.produce(topic, records)
    await admin.produce(topic, records.slice(1))
    const found = await recordsOf(readerOf(broker, topic))
    expect(found.map(({ offset, time }) => [offset, time])).to.deep.equal([
      [0, before],
      [1, null],
      [2, after],
      [3, null],
      [4, after],
    ])
    const log = readerOf(broker, topic)
    for (const time of [before, after, after + 1]) {
      const java = await admin.offsetsAt(topic, time)
      expect([...(await log.offsetsAt(time)).values()], String(time)).to.deep.equal(java)
    }
    await log.close()
  })

  it('a compacted topic: numbers without records', async () => {
    const config = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' }
    const topic = await newTopic(admin, 1, config)
    for (let round = 0; round < 3; round++) {
      for (const key of ['a', 'b', 'c']) {
        await admin.produce(topic, [{ partition: 0, key, value: JSON.stringify(`${key}${round}`) }])
      }
    }
    const last = ['a', 'b', 'c'].map((key, i) => [6 + i, `"${key}2"`])
    const first = async (): Promise<unknown[]> =>
      (await admin.read(topic, 0)).slice(0, 3).map(({ offset, value }) => [offset, value?.toString()])
    // Whatever is compacted later, these stay the first.
    while (String(await first()) !== String(last)) {
      await new Promise(resolve => setTimeout(resolve, 200))
      await admin.produce(topic, [{ partition: 0, key: 'z', value: '"z"' }]) // makes the former segment cleanable
    }
    const batches = await batchesOf(readerOf(broker, topic))
    const found = batches.flatMap(({ records }) =>
      records.map(({ offset, value }) => [offset, JSON.stringify(value)]),
    )
    const cut = (await admin.describeTopic(topic)).partitions[0]?.latest
    expect(batches.at(-1)?.next).to.equal(cut)
    expect(found.slice(0, 3)).to.deep.equal(last)
    expect(found.length).to.be.below(cut as number)
  })

  it('values that are no JSON, and keys that are no text, travel on as they are', async () => {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, [
      { partition: 0, key: Uint8Array.of(0xc3), value: '{"a":' },
      { partition: 0, value: Uint8Array.of(0xff) },
      { partition: 0, value: '"fine"' },
    ])
    const [first, second, third] = await recordsOf(readerOf(broker, topic))
    expect(first?.value).to.be.instanceOf(Undecodable)
    expect((first?.value as Undecodable).error.message).to.match(/partition 0 offset 0: value: expected JSON/)
    expect((first?.key as Undecodable).error).to.include({ kind: 'data', code: 'undecodable-key' })
    expect(JSON.stringify(first?.value)).to.equal('{"undecodable":"{\\"a\\":"}')
    expect(JSON.stringify(second?.value)).to.equal('{"undecodable":"base64:/w=="}')
    expect(third?.value).to.equal('fine')
  })

  it('read as text, as bytes, and by code', async () => {
    const topic = await newTopic(admin, 1)
    await admin.produce(topic, [{ partition: 0, key: '7', value: '{}', time: 3, headers: [['h', 'v']] }])
    const read = async (options: Parameters<typeof readerOf>[2]): Promise<unknown> =>
      (await recordsOf(readerOf(broker, topic, options)))[0]
    expect(await read({ value: 'string', key: 'json' })).to.include({ key: 7, value: '{}' })
    expect(await read({ value: 'bytes' })).to.deep.include({ value: Uint8Array.from(Buffer.from('{}')) })
    const decoded = await read({ decode: message => JSON.stringify(message) })
    expect(JSON.parse((decoded as { value: string }).value)).to.deep.include({
      topic,
      partition: 0,
      offset: 0,
      time: 3,
      timeType: 'create',
    })
    const failing = await read({
      decode: () => {
        throw new Error('not mine')
      },
    })
    expect((failing as { value: Undecodable }).value.error.message).to.contain('not mine')
  })
})
