/** Transactions: what was aborted never shows, whatever lies beside it; the Java client is the judge. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { systemClock } from '../../../src/clock.ts'
import type { TransactionalProducer } from '../../../tools/kafka/admin.ts'
import { startReading } from '../../source/log-contract.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { batchesOf, javaReads, recordsOf } from './reading.ts'
import { readerOf } from './topic-under-test.ts'

describe('committed records of a topic', () => {
  const broker = sharedBroker()
  const { admin } = broker
  const open: TransactionalProducer[] = []

  async function producer(): Promise<TransactionalProducer> {
    const made = await admin.transactional(`tx-${randomUUID()}`)
    open.push(made)
    return made
  }

  afterEach(async () => {
    for (const each of open.splice(0)) await each.forget()
  })

  const values = (...names: string[]): { partition: number; value: string }[] =>
    names.map(value => ({ partition: 0, value }))

  async function send(
    to: TransactionalProducer,
    topic: string,
    end: 'commit' | 'abort',
    ...names: string[]
  ): Promise<void> {
    await to.begin()
    await to.send(topic, values(...names))
    await to[end]()
  }

  /** Reads with small and large fetches, from every offset; says what the Java client says. */
  async function holdsWithJava(topic: string): Promise<readonly string[]> {
    const expected = await javaReads(broker, topic)
    const end = (await admin.describeTopic(topic)).partitions[0]?.lastStable as number
    for (const fetchBytes of [1, 8 << 20]) {
      for (const from of fetchBytes === 1 ? [0] : Array.from({ length: Math.min(end, 30) }, (_, i) => i)) {
        const log = readerOf(broker, topic, { value: 'string', fetchBytes })
        const batches = await batchesOf(log, new Map([[0, from]]))
        const found = batches.flatMap(({ records }) => records.map(({ offset, value }) => [offset, value]))
        expect(found, `from ${from}`).to.deep.equal(expected.filter(([offset]) => offset >= from))
        expect(batches.at(-1)?.next).to.equal(end) // markers and aborted records at the tail too
      }
    }
    return expected.map(([, value]) => String(value))
  }

  it('one small abort', async () => {
    const topic = await newTopic(admin, 1)
    const one = await producer()
    await send(one, topic, 'commit', 'a')
    await send(one, topic, 'abort', 'x')
    await send(one, topic, 'commit', 'b')
    expect(await holdsWithJava(topic)).to.deep.equal(['a', 'b'])
  })

  it('two aborts of one producer', async () => {
    const topic = await newTopic(admin, 1)
    const one = await producer()
    await send(one, topic, 'abort', 'x', 'x')
    await admin.produce(topic, values('a'))
    await send(one, topic, 'abort', 'y')
    await admin.produce(topic, values('b'))
    expect(await holdsWithJava(topic)).to.deep.equal(['a', 'b'])
  })

  it('abort, commit, abort, commit of one producer, and of two whose records lie among each other', async () => {
    const topic = await newTopic(admin, 1)
    const [one, two] = [await producer(), await producer()]
    for (const [i, end] of (['abort', 'commit', 'abort', 'commit'] as const).entries()) {
      await one.begin()
      await two.begin()
      await one.send(topic, values(`one-${end}-${i}`))
      await two.send(topic, values(`two-${end}-${i}`))
      await one.send(topic, values(`one-${end}-${i}-more`))
      await one[end]()
      await two.send(topic, values(`two-${end}-${i}-more`))
      await two[end === 'abort' ? 'commit' : 'abort']()
    }
    const found = await holdsWithJava(topic)
    expect(found).to.have.length(8)
    expect(found.every(value => /one-commit|two-abort/.test(value))).to.equal(true)
  })

  it('an abort that is larger than a fetch', async () => {
    const topic = await newTopic(admin, 1)
    const one = await producer()
    await admin.produce(topic, values('before'))
    await one.begin()
    for (let i = 0; i < 20; i++) {
      const piece = Array.from({ length: 100 }, (_, n) => `${i}-${n}-${'x'.repeat(500)}`)
      await one.send(topic, values(...piece))
    }
    await one.abort()
    await admin.produce(topic, values('after'))
    const log = readerOf(broker, topic, { value: 'string', fetchBytes: 64 << 10 })
    expect((await recordsOf(log)).map(({ value }) => value)).to.deep.equal(['before', 'after'])
    expect(await holdsWithJava(topic)).to.deep.equal(['before', 'after'])
  })

  it('an abort marker whose records are elsewhere, beside another abort', async () => {
    const topic = await newTopic(admin, 2)
    const [one, two] = [await producer(), await producer()]
    await one.begin()
    await one.send(topic, values('x'))
    await one.send(topic, [{ partition: 1, value: 'x' }])
    await two.begin()
    await two.send(topic, values('y'))
    await one.abort()
    await two.abort()
    await admin.produce(topic, values('a'))
    await admin.trim(topic, 0, 1) // the records of the first transaction are gone, its marker is not
    const found = await recordsOf(readerOf(broker, topic, { value: 'string' }))
    expect(found.map(({ value }) => value)).to.deep.equal(['a'])
  })

  it('an open transaction: the end is before it, and what was committed behind it comes when it is over', async () => {
    const topic = await newTopic(admin, 1)
    const one = await producer()
    await admin.produce(topic, values('a'))
    await one.begin()
    await one.send(topic, values('b', 'c'))
    await admin.produce(topic, values('d'))
    const log = readerOf(broker, topic, { value: 'string' })
    expect((await log.describe()).partitions).to.deep.equal([{ partition: 0, earliest: 0, latest: 1 }])
    const reading = (async () => {
      const found: unknown[] = []
      for await (const { records, next } of log.read({ from: new Map([[0, 0]]), until: new Map([[0, 5]]) })) {
        found.push(...records.map(({ value }) => value), next)
      }
      return found
    })()
    await one.commit()
    const found = await reading
    expect(found.filter(value => typeof value === 'string')).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(found.at(-1)).to.equal(5) // over the marker
    expect((await log.describe()).partitions[0]?.latest).to.equal(5)
    await log.close()
  })

  it('an open transaction that keeps a reader waiting for long is told, and not again at once', async () => {
    const topic = await newTopic(admin, 2)
    const one = await producer()
    await admin.produce(topic, values('a'))
    await one.begin()
    await one.send(topic, values('b', 'c'))
    let aheadMs = 0
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs }
    const log = readerOf(broker, topic, { value: 'string', clock, fetchWaitMs: 20 })
    const texts: string[] = []
    const from = new Map([0, 1].map(partition => [partition, 0]))
    const reading = startReading(log, { from, onWarning: text => texts.push(text) })
    await reading.next()
    const waiting = reading.next()
    while (texts.length === 0) {
      await systemClock.sleep(50)
      aheadMs += 10_000
    }
    expect(texts[0]).to.match(
      /partition 0: offsets 1 to 2 wait for \d+ s for a transaction that is still open;/,
    )
    const [toldMs, told] = [clock.monotonicMs(), texts.length]
    while (texts.length === told) {
      await systemClock.sleep(50)
      aheadMs += 10_000
    }
    expect(clock.monotonicMs() - toldMs).to.be.at.least(60_000)
    await one.commit()
    expect((await waiting).value?.records.map(record => record.value)).to.deep.equal(['b', 'c'])
    await log.close()
  })

  it('a topic of nothing but aborted records is read to its end', async () => {
    const topic = await newTopic(admin, 1)
    await send(await producer(), topic, 'abort', 'x', 'y')
    const batches = await batchesOf(readerOf(broker, topic))
    expect(batches).to.deep.equal([{ partition: 0, records: [], next: 3 }])
  })
})
