/** The Kafka sink, opened as a run opens it. */
import { expect } from 'chai'
import { systemClock } from '../../../src/clock.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import { kafkaSink } from '../../../src/sink/kafka/kafka-sink.ts'
import { openSink } from '../../../src/sink/sink-url.ts'
import { rejects } from '../../rejects.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { newLineage, placeFor, pointer } from './producing.ts'

const { admin, addresses } = sharedBroker()
const brokers = addresses.plaintext
const attempt = 'b'.repeat(32)
const run = { generation: 1, task: 0, attempt, clock: systemClock }
const fields = fieldsOf({ user: t.string(), total: t.int64(), at: t.timestamp('us') })
const record = (i: number): { user: string; total: bigint; at: number } => ({
  user: `u${i}`,
  total: 2n ** 53n + BigInt(i),
  at: 1_700_000_000_000_000 + i * 1500,
})

describe('kafkaSink', () => {
  it('writes JSON at least once, each key where it belongs, with the time of a field', async () => {
    const topic = await newTopic(admin, 3)
    const sink = openSink(
      `kafka://${brokers}/${topic}?key=user&timestamp=at&guarantee=at-least-once&compression.type=gzip`,
    )
    expect(sink).to.include({ name: `kafka://${brokers}/${topic}`, guarantee: 'at-least-once' })
    expect(sink.transactions).to.equal(undefined)
    await sink.check?.(null, run)
    const open = await sink.open(null, fields, run)
    await open.write(Array.from({ length: 100 }, (_, i) => record(i)))
    expect(await open.prepare()).to.equal(null)
    await open.committed()
    const read = (await Promise.all([0, 1, 2].map(partition => admin.read(topic, partition)))).flat()
    await open.close()
    const found = read.map(({ key, value, time }) => [key!.toString(), JSON.parse(value!.toString()), time])
    const expected = Array.from({ length: 100 }, (_, i) => {
      const { user, total, at } = record(i)
      return [user, { user, total: String(total), at }, Math.floor(at / 1000)]
    })
    expect(found).to.have.deep.members(expected)
    const again = await admin.produce(
      await newTopic(admin, 3),
      found.map(([key]) => ({ key: key as string, value: '' })),
    )
    const own = new Map<string, number>()
    for (let partition = 0; partition < 3; partition++) {
      for (const { key } of await admin.read(topic, partition)) own.set(key!.toString(), partition)
    }
    expect(found.map(([key]) => own.get(key as string))).to.deep.equal(again.map(each => each.partition))
  })

  it('writes by the transactions of the run, exactly once', async () => {
    const topic = await newTopic(admin, 2)
    const sink = kafkaSink({
      brokers,
      topic,
      key: ['user', 'at'],
      value: ({ total }) => (total === 2n ** 53n ? null : String(total)),
      headers: ({ user }) => ({ user: user as string, none: null }),
      partitioner: (_key, partitions) => partitions - 1,
    })
    expect(sink.guarantee).to.equal('exactly-once')
    const place = sink.transactions!.connect({ clock: systemClock, job: 'totals' })
    const owner = { lineage: newLineage(), chain: 'main' }
    expect(await place.settle(owner)).to.equal(null)
    const transactions = await place.open(owner)
    const open = await sink.open(null, fields, { ...run, transactions })
    await open.write([record(0), record(1)])
    await open.prepare()
    await transactions.commit(pointer(1))
    await open.committed()
    await open.write([record(2)])
    await open.close()
    await place.close()
    expect(await admin.read(topic, 0)).to.deep.equal([])
    const read = await admin.read(topic, 1)
    expect(
      read.map(({ key, value, headers }) => [String(key), value && String(value), headers]),
    ).to.deep.equal([
      [
        '["u0",1700000000000000]',
        null,
        [
          ['user', Buffer.from('u0')],
          ['none', null],
        ],
      ],
      [
        '["u1",1700000000001500]',
        String(2n ** 53n + 1n),
        [
          ['user', Buffer.from('u1')],
          ['none', null],
        ],
      ],
    ])
  })

  it('says before a run begins that its topic is not there', async () => {
    const sink = kafkaSink({ brokers, topic: 'nowhere', guarantee: 'at-least-once' })
    await rejects(sink.check!(null, run), 'invalid', 'no-such-topic')
  })

  it('shares one transaction among several topics', async () => {
    const topics = [await newTopic(admin, 1), await newTopic(admin, 1)]
    const place = placeFor({ brokers })
    const owner = { lineage: newLineage(), chain: 'main' }
    const transactions = await place.open(owner)
    const sinks = await Promise.all(
      topics.map(topic => kafkaSink({ brokers, topic }).open(null, null, { ...run, transactions })),
    )
    await Promise.all(sinks.map(sink => sink.write([{ n: 1 }])))
    await transactions.commit(pointer(1))
    await Promise.all(sinks.map(sink => sink.write([{ n: 2 }])))
    await transactions.close()
    await place.close()
    for (const topic of topics) {
      expect((await admin.read(topic, 0)).map(({ value }) => String(value))).to.deep.equal(['{"n":1}'])
    }
  })
})
