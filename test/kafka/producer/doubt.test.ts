/** Commits whose answer or request is lost on the way, through a proxy between the producer and a broker of its own. */
import { expect } from 'chai'
import { startBroker, users, type Broker } from '../../../tools/kafka/broker.ts'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { KafkaCluster } from '../../../src/kafka/cluster.ts'
import { featuresOf } from '../../../src/kafka/responses.ts'
import type { KafkaTransactionOptions } from '../../../src/sink/kafka/transactions.ts'
import { rejects } from '../../rejects.ts'
import { startProxy, type CuttingProxy } from './cutting-proxy.ts'
import { newLineage, numbered, placeFor, pointer, valuesIn } from './producing.ts'

const [produceApi, initApi, addApi, endApi] = [0, 22, 24, 26]

/** Of the feature `transaction.version`, as a broker says it. */
async function transactionLevel(brokers: string): Promise<number | undefined> {
  const cluster = new KafkaCluster({ brokers })
  try {
    const [host, port] = brokers.split(':') as [string, string]
    const connection = await cluster.connectTo({ host, port: Number(port) })
    const features = featuresOf(await connection.apiVersions())
    connection.close()
    return features.get('transaction.version')
  } finally {
    await cluster.close()
  }
}

describe('a commit that nobody answered', () => {
  let broker: Broker
  let proxy: CuttingProxy
  let options: KafkaTransactionOptions
  let topics = 0

  before(async () => {
    proxy = await startProxy()
    broker = await startBroker({ advertised: { saslPlaintext: proxy.address } })
    proxy.target = broker.addresses.saslPlaintext
    const sasl = { mechanism: 'PLAIN', username: 'admin', password: users.admin } as const
    options = { brokers: proxy.address, sasl }
  })

  after(async () => {
    await proxy.close()
    await broker.stop()
  })

  const newTopic = async (): Promise<string> => {
    const topic = `doubt-${topics++}`
    await broker.admin.createTopic(topic, 2)
    return topic
  }

  /** Time that flies while no connection gets through: there is no patience left soon, and only then. */
  const hurried = (): Clock => {
    let aheadMs = 0
    const monotonicMs = (): number => {
      if (proxy.isDown) aheadMs += 15_000
      return systemClock.monotonicMs() + aheadMs
    }
    return { ...systemClock, monotonicMs }
  }

  for (const [what, api] of [
    ['the commit', endApi],
    ['a batch', produceApi],
    ['the partitions of a transaction', addApi],
    ['the start of a producer', initApi],
  ] as const) {
    for (const loss of ['answer', 'request'] as const) {
      it(`is asked again: ${what}, ${loss} lost`, async () => {
        const topic = await newTopic()
        const owner = { lineage: newLineage(), chain: 'main' }
        const warnings: string[] = []
        const place = placeFor(options, warnings)
        await place.identify()
        const lost = api === initApi ? proxy.lose(api, loss) : null
        const open = await place.open(owner)
        const lostLater = lost ?? proxy.lose(api, loss)
        await open.send(topic, numbered('a', 100, 2))
        await open.commit(pointer(1))
        await lostLater
        await open.send(topic, numbered('b', 100, 2))
        await open.commit(pointer(2))
        await place.close()
        const next = placeFor(options)
        expect(await next.settle(owner)).to.deep.equal(pointer(2))
        await next.close()
        const values = (await valuesIn(broker.admin, topic, 2)).flat().sort()
        const expected = [...numbered('a', 100, 2), ...numbered('b', 100, 2)]
        expect(values).to.deep.equal(expected.map(({ value }) => Buffer.from(value!).toString()).sort())
        expect(warnings.join('\n')).to.match(/trying again/)
      })
    }
  }

  for (const [loss, truth] of [
    ['answer', 'committed'],
    ['request', 'aborted'],
  ] as const) {
    it(`is in doubt when no broker can be asked any more; the next owner finds it ${truth}`, async () => {
      const topic = await newTopic()
      const owner = { lineage: newLineage(), chain: 'main' }
      const place = placeFor(options, [], hurried())
      const open = await place.open(owner)
      await open.send(topic, numbered('a', 10, 2))
      await open.commit(pointer(1))
      await open.send(topic, numbered('b', 10, 2))
      const lost = proxy.lose(endApi, loss).then(() => (proxy.isDown = true))
      const error = await rejects(open.commit(pointer(2)), 'unavailable', 'transaction-in-doubt')
      expect(error.message).to.include(`headwater-${owner.lineage}-main`)
      await lost
      await place.close()
      proxy.isDown = false
      const next = placeFor(options)
      const isCommitted = truth === 'committed'
      expect(await next.settle(owner)).to.deep.equal(pointer(isCommitted ? 2 : 1))
      await next.close()
      const values = (await valuesIn(broker.admin, topic, 2)).flat()
      expect(values.filter(value => value.startsWith('a'))).to.have.length(10)
      expect(values.filter(value => value.startsWith('b'))).to.have.length(isCommitted ? 10 : 0)
    })
  }

  it('is asked again in a cluster that gives transactions no epoch of their own, too', async () => {
    const older = await startBroker({
      features: { 'transaction.version': 1 },
      advertised: { saslPlaintext: proxy.address },
    })
    proxy.target = older.addresses.saslPlaintext
    try {
      expect(await transactionLevel(older.addresses.plaintext)).to.equal(1)
      expect(await transactionLevel(broker.addresses.plaintext)).to.be.at.least(2)
      await older.admin.createTopic('older', 2)
      const owner = { lineage: newLineage(), chain: 'main' }
      const place = placeFor(options)
      const open = await place.open(owner)
      const lost = proxy.lose(endApi, 'answer')
      await open.send('older', numbered('a', 10, 2))
      await open.commit(pointer(1))
      await lost
      await open.send('older', numbered('b', 10, 2))
      await open.commit(pointer(2))
      await place.close()
      const next = placeFor(options)
      expect(await next.settle(owner)).to.deep.equal(pointer(2))
      await next.close()
      expect((await valuesIn(older.admin, 'older', 2)).flat()).to.have.length(20)
    } finally {
      proxy.target = broker.addresses.saslPlaintext
      await older.stop()
    }
  })

  it('is not taken for the next one when it arrives late', async () => {
    const topic = await newTopic()
    const owner = { lineage: newLineage(), chain: 'main' }
    const place = placeFor(options)
    const open = await place.open(owner)
    const kept = proxy.keep(endApi)
    await open.send(topic, numbered('a', 10, 2))
    await open.commit(pointer(1))
    const deliver = await kept
    await open.send(topic, numbered('b', 10, 2))
    for (let isThere = false; !isThere;) {
      const { partitions } = await broker.admin.describeTopic(topic)
      isThere = partitions.every(({ latest, lastStable }) => latest > lastStable)
    }
    await deliver()
    const next = placeFor(options)
    expect(await next.settle(owner)).to.deep.equal(pointer(1))
    await next.close()
    await place.close()
    const values = (await valuesIn(broker.admin, topic, 2)).flat()
    expect(values.filter(value => value.startsWith('a'))).to.have.length(10)
    expect(values.filter(value => value.startsWith('b'))).to.have.length(0)
  })
})
