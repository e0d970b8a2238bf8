/** Topics that are deleted under who writes to them, for good or to be made again. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { MessageProducer } from '../../../src/kafka/producer/producer.ts'
import { openIdempotentProducer } from '../../../src/kafka/producer/idempotent-producer.ts'
import { TransactionsWorld } from '../../live/transactions-world.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { outputPartitions, topicOutput } from '../sink/stepping.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { newLineage, numbered, partsFor, placeFor, pointer, valuesIn } from './producing.ts'

const { admin, addresses } = sharedBroker()
const brokers = addresses.plaintext
/** So long it is hoped that a topic comes back. */
const unavailableAfterMs = 1000

async function withProducer(work: (producer: MessageProducer) => Promise<void>): Promise<void> {
  const parts = partsFor({ brokers, unavailableAfterMs })
  const producer = await openIdempotentProducer(parts)
  try {
    await work(producer)
  } finally {
    await producer.close()
    await parts.cluster.close()
  }
}

describe('a topic that is deleted under its producer', () => {
  it('for good, is waited for, and then told with what to do', async () => {
    const topic = await newTopic(admin, 2)
    const place = placeFor({ brokers, unavailableAfterMs })
    const open = await place.open({ lineage: newLineage(), chain: 'main' })
    await open.send(topic, numbered('a', 10, 2))
    await open.commit(pointer(1))
    await withProducer(async producer => {
      await producer.send(topic, numbered('b', 10, 2))
      await producer.flush()
      await admin.deleteTopic(topic)
      const writing = producer.send(topic, numbered('c', 10, 2)).then(() => producer.flush())
      const { remedy } = await rejects(writing, 'unavailable', 'topic-deleted')
      expect(remedy).to.match(/kafka-topics --create.*--from/)
    })
    const writing = open.send(topic, numbered('d', 10, 2)).then(() => open.commit(pointer(2)))
    const { message } = await rejects(writing, 'unavailable', 'topic-deleted')
    expect(message).to.contain(topic)
    await place.close()
  })

  it('and made again, with nobody writing meanwhile, is not taken for what it was', async () => {
    const topic = await newTopic(admin, 2)
    const owner = { lineage: newLineage(), chain: 'main' }
    const place = placeFor({ brokers })
    const open = await place.open(owner)
    await open.send(topic, numbered('a', 10, 2))
    await open.commit(pointer(1))
    await withProducer(async producer => {
      await producer.send(topic, numbered('b', 10, 2))
      await producer.flush()
      const id = await admin.recreateTopic(topic, 2)
      const writing = producer.send(topic, numbered('c', 10, 2)).then(() => producer.flush())
      const { message } = await rejects(writing, 'data', 'topic-recreated')
      expect(message).to.contain(id)
    })
    const writing = open.send(topic, numbered('d', 10, 2)).then(() => open.commit(pointer(2)))
    await rejects(writing, 'data', 'topic-recreated')
    // Of the transaction nothing is committed, in the new topic neither.
    expect(await place.settle(owner)).to.deep.equal(pointer(1))
    await place.close()
    const values = (await valuesIn(admin, topic, 2)).flat()
    expect(values.filter(value => !value.startsWith('c'))).to.deep.equal([])
  })

  it('is no topic of pointers to commit in', async () => {
    const pointers = await newTopic(admin, 1, { 'cleanup.policy': 'compact' })
    const topic = await newTopic(admin, 1)
    const place = placeFor({ brokers, pointers })
    const open = await place.open({ lineage: newLineage(), chain: 'main' })
    await open.commit(pointer(1))
    await admin.recreateTopic(pointers, 1)
    await open.send(topic, numbered('a', 10, 1))
    const { message } = await rejects(open.commit(pointer(2)), 'data', 'topic-recreated')
    expect(message).to.contain(pointers)
    await place.close()
    expect(await valuesIn(admin, topic, 1)).to.deep.equal([[]])
  })
})

describe('a run whose output topic is made anew', () => {
  const folders = tempFolders()

  it('ends, and the next one writes what comes after the last checkpoint', async () => {
    const topic = await newTopic(admin, outputPartitions)
    const target = { brokers, topic, pointers: `pointers-${randomUUID()}` }
    const world = await new TransactionsWorld(folders(), 1, topicOutput(target, admin)).begin()
    await world.append(4)
    let isNew = false
    const recreate = async (step: string): Promise<void> => {
      if (step !== 'send' || isNew) return
      isNew = true
      await admin.recreateTopic(topic, outputPartitions)
    }
    expect(await world.begun(recreate).outcome).to.equal('topic-recreated')
    expect(await world.committed()).to.deep.equal([])
    await world.run()
    await world.isExact()
  })
})
