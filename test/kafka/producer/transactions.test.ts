import { expect } from 'chai'
import { systemClock, type Clock } from '../../../src/clock.ts'
import { TransactionalProducer } from '../../../src/kafka/producer/transactional-producer.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { kafkaTransactions } from '../../../src/sink/kafka/transactions.ts'
import { rejects } from '../../rejects.ts'
import { newLineage, numbered, partsFor, placeFor, pointer, valuesIn } from './producing.ts'

const broker = sharedBroker()
const brokers = broker.addresses.plaintext

/** On which time passes in pauses alone: how long a broker may be busy is counted in tries, however slow the machine. */
function pausesOnly(): Clock {
  let nowMs = 0
  const sleep: Clock['sleep'] = async (ms, signal) => {
    await systemClock.sleep(ms, signal)
    nowMs += ms
  }
  return { ...systemClock, monotonicMs: () => nowMs, sleep }
}

describe('kafka transactions', () => {
  it('show what was committed and nothing of what was aborted', async () => {
    const topic = await newTopic(broker.admin, 3)
    const place = placeFor({ brokers })
    const owner = { lineage: newLineage(), chain: 'main' }
    expect(await place.settle(owner)).to.equal(null)
    const open = await place.open(owner)
    await open.send(topic, numbered('a', 1000, 3))
    await open.commit(pointer(1))
    await open.send(topic, numbered('b', 1000, 3))
    await open.commit(pointer(2))
    await open.commit(pointer(3))
    await open.send(topic, numbered('c', 1000, 3))
    await open.close()
    const expected = [0, 1, 2].map(partition =>
      [...numbered('a', 1000, 3), ...numbered('b', 1000, 3)]
        .filter(each => each.partition === partition)
        .map(({ value }) => Buffer.from(value!).toString()),
    )
    expect(await valuesIn(broker.admin, topic, 3)).to.deep.equal(expected)
    expect(await place.settle(owner)).to.deep.equal(pointer(3))
    await place.close()
  })

  it('are taken over: the former owner can neither send nor commit', async () => {
    const topic = await newTopic(broker.admin, 1)
    const owner = { lineage: newLineage(), chain: 'main' }
    const [one, other] = [placeFor({ brokers }), placeFor({ brokers })]
    const [sends, commits] = [await one.open(owner), { lineage: newLineage(), chain: 'main' }]
    const committing = await one.open(commits)
    await sends.send(topic, numbered('old', 10, 1))
    await committing.send(topic, numbered('old', 10, 1))
    expect(await other.settle(owner)).to.equal(null)
    expect(await other.settle(commits)).to.equal(null)
    const late = sends.send(topic, numbered('late', 10, 1)).then(() => sends.commit(pointer(1)))
    await rejects(late, 'conflict', 'lost-ownership')
    await rejects(committing.commit(pointer(1)), 'conflict', 'lost-ownership')
    const next = await other.open(owner)
    await next.send(topic, numbered('new', 10, 1))
    await next.commit(pointer(1))
    await Promise.all([one.close(), other.close()])
    expect((await valuesIn(broker.admin, topic, 1))[0]).to.deep.equal(
      Array.from({ length: 10 }, (_, i) => `new${i}`),
    )
  })

  it('are committed by a run that was told to stop, too', async () => {
    const topic = await newTopic(broker.admin, 2)
    const stopping = new AbortController()
    const owner = { lineage: newLineage(), chain: 'main' }
    const place = kafkaTransactions({ brokers }).connect({ clock: pausesOnly(), signal: stopping.signal })
    const open = await place.open(owner)
    await open.send(topic, numbered('0-', 10, 2))
    await open.commit(pointer(1)) // a new topic may refuse its first batch, and one that was told to stop tries nothing again
    await open.send(topic, numbered('1-', 10, 2))
    stopping.abort()
    // Each begins while the former is still being ended.
    for (let number = 2; number <= 10; number++) {
      await open.commit(pointer(number))
      await open.send(topic, numbered(`${number}-`, 10, 2))
    }
    await place.close()
    expect((await valuesIn(broker.admin, topic, 2)).flat()).to.have.length(100)
  })

  it('that take too long are aborted, and it is said so', async () => {
    const topic = await newTopic(broker.admin, 1)
    const parts = partsFor({ brokers })
    const id = { transactionalId: `headwater-${newLineage()}-main`, transactionTimeoutMs: 2000 }
    const producer = await TransactionalProducer.open(parts, id)
    await producer.send(topic, numbered('slow', 10, 1))
    const end = async (): Promise<number> => (await broker.admin.describeTopic(topic)).partitions[0]!.latest
    const late = async (): Promise<void> => {
      await producer.flush() // on a slow machine this may be late by itself
      while ((await end()) <= 10) await systemClock.sleep(50) // there is no marker yet
      await producer.commit()
    }
    await rejects(late(), 'unavailable', 'transaction-aborted')
    await producer.close()
    await parts.cluster.close()
    expect(await valuesIn(broker.admin, topic, 1)).to.deep.equal([[]])
  })
})
