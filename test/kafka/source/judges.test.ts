/** What our reader, librdkafka and the Java client say of the same topics, and how librdkafka's reader goes through troubles. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { confluentKafka } from '../../../src/source/kafka-confluent/kafka-confluent.ts'
import type { Log } from '../../../src/source/log.ts'
import { shortSession, startBroker, users } from '../../../tools/kafka/broker.ts'
import { rejects } from '../../rejects.ts'
import { at, startReading } from '../../source/log-contract.ts'
import { describeConfluent } from '../support/confluent.ts'
import { readRange } from '../support/read-range.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { readerOf } from './topic-under-test.ts'

describeConfluent('three clients that read one topic', () => {
  const broker = sharedBroker()
  const { admin } = broker
  const brokers = broker.addresses.plaintext
  const asText = { value: 'string', key: 'string' } as const
  const librdkafka = (topic: string): Log => confluentKafka({ brokers, topic, ...asText })

  it('agree on offsets by time and on ends, with a transaction open', async () => {
    const topic = await newTopic(admin, 2)
    const times = [50, 10, 30, 30, 90]
    await admin.produce(topic, times.map(time => ({ partition: 0, value: 'a', time }))) // prettier-ignore
    const producer = await admin.transactional(`${topic}-open`)
    await producer.begin()
    await producer.send(topic, [{ partition: 0, value: 'x', time: 100 }])
    const [ours, theirs] = [readerOf(broker, topic), librdkafka(topic)]
    const described = await ours.describe()
    expect(await theirs.describe()).to.deep.equal(described)
    expect(described.partitions[0]).to.deep.equal({ partition: 0, earliest: 0, latest: 5 })
    for (const time of [0, 11, 30, 31, 51, 90, 91, 100, 101]) {
      const found = await ours.offsetsAt(time)
      expect([...(await theirs.offsetsAt(time))], String(time)).to.deep.equal([...found])
      const java = (await admin.offsetsAt(topic, time))[0] ?? 5
      expect(found.get(0), String(time)).to.equal(Math.min(java, 5))
    }
    await producer.abort()
    await Promise.all([ours.close(), theirs.close()])
  })

  describe('librdkafka', () => {
    it('is let in by TLS and SASL as our client is, and refused in the same words', async () => {
      const topic = await newTopic(admin, 1)
      await admin.produce(topic, [{ value: '"a"' }])
      const tls = { ca: readFileSync(broker.tls.authority, 'utf8') }
      const { saslSsl, saslPlaintext, ssl } = broker.addresses
      for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
        const sasl = { mechanism, username: 'admin', password: users.admin }
        expect(
          await valuesOf(confluentKafka({ brokers: saslSsl, topic, tls, sasl })),
          mechanism,
        ).to.deep.equal(['a'])
      }
      expect(await valuesOf(confluentKafka({ brokers: ssl, topic, tls }))).to.deep.equal(['a'])
      const wrong = { mechanism: 'PLAIN', username: 'admin', password: 'no' } as const
      const refused = valuesOf(confluentKafka({ brokers: saslPlaintext, topic, sasl: wrong }))
      await rejects(refused, 'invalid', 'not-authenticated')
      const stranger = { mechanism: 'PLAIN', username: 'stranger', password: users.stranger } as const
      await admin.grant('stranger', 'TOPIC', topic, ['DESCRIBE'])
      const unread = confluentKafka({ brokers: saslPlaintext, topic, sasl: stranger })
      await rejects(valuesOf(unread), 'invalid', 'not-authorised')
    })

    it('stops where a topic is made again under it, though the new one has that offset too', async () => {
      const topic = await newTopic(admin, 1)
      await admin.produce(topic, ['a', 'b'].map(value => ({ value }))) // prettier-ignore
      const log = librdkafka(topic)
      const reading = startReading(log, { from: at(0, 0) })
      expect((await reading.next()).value!.next).to.equal(2)
      await admin.recreateTopic(topic, 1)
      await admin.produce(topic, ['c', 'd', 'e'].map(value => ({ value }))) // prettier-ignore
      await rejects(drained(reading), 'data', 'log-recreated')
      await log.close()
    })

    it('names what is gone where it is trimmed under a reader that waits', async () => {
      const topic = await newTopic(admin, 1)
      await admin.produce(topic, ['a', 'b', 'c', 'd'].map(value => ({ value }))) // prettier-ignore
      await admin.trim(topic, 0, 3)
      const log = librdkafka(topic)
      const error = await rejects(readRange(log, 1, 4), 'data', 'gap')
      expect(error.message).to.contain('[1, 3)')
      await log.close()
    })

    it('reads on, without hole and double, when its broker was killed and came back', async () => {
      const own = await startBroker({ settings: shortSession })
      try {
        await own.admin.createTopic('killed', 1)
        const written = Array.from({ length: 400 }, (_, i) => String(i))
        await own.admin.produce('killed', written.slice(0, 200).map(value => ({ value }))) // prettier-ignore
        const log = confluentKafka({ brokers: own.addresses.plaintext, topic: 'killed', ...asText })
        const values: unknown[] = []
        for await (const batch of log.read({ from: at(0, 0), until: at(0, 400) })) {
          values.push(...batch.records.map(({ value }) => value))
          if (values.length !== 200) continue
          await own.kill()
          await own.restart()
          await own.admin.produce('killed', written.slice(200).map(value => ({ value }))) // prettier-ignore
        }
        await log.close()
        expect(values).to.deep.equal(written)
      } finally {
        await own.stop()
      }
    })
  })
})

async function valuesOf(log: Log): Promise<unknown[]> {
  try {
    const values: unknown[] = []
    for await (const batch of log.read({ from: at(0, 0), until: at(0, 1) }))
      values.push(...batch.records.map(({ value }) => value))
    return values
  } finally {
    await log.close()
  }
}

async function drained(reading: AsyncIterator<unknown, undefined>): Promise<void> {
  for (;;) if ((await reading.next()).done === true) return
}
