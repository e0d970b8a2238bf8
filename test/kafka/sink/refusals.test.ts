/** What a run refuses that would write by transactions of a real cluster, and the command line that does. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { compact } from '../../../src/savepoint/compact.ts'
import { callback } from '../../../src/sink/callback.ts'
import { kafkaSink } from '../../../src/sink/kafka/kafka-sink.ts'
import type { Sink } from '../../../src/sink/sink.ts'
import { startBroker, type Broker } from '../../../tools/kafka/broker.ts'
import { doubtAt, TransactionsWorld } from '../../live/transactions-world.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { outputPartitions, topicOutput, type Target } from './stepping.ts'

describe('transactions of a cluster: refusals', () => {
  const broker = sharedBroker()
  const folders = tempFolders()
  let world: TransactionsWorld
  let target: Target

  beforeEach(async () => {
    const topic = await newTopic(broker.admin, outputPartitions)
    target = { brokers: broker.addresses.plaintext, topic, pointers: `pointers-${randomUUID()}` }
    world = await new TransactionsWorld(folders(), 1, topicOutput(target, broker.admin)).begin()
    await world.append(4)
  })

  const sink = (more: Partial<Target> = {}): Sink => kafkaSink({ ...target, ...more })
  const none = callback(() => undefined)

  describe('two clusters', () => {
    let other: Broker
    before(async () => {
      other = await startBroker()
    })
    after(async () => {
      await other.stop()
    })

    it('are refused with nothing made in either of them', async () => {
      const brokers = other.addresses.plaintext
      const topic = await newTopic(other.admin, 1)
      const sinks = { totals: sink(), parts: sink({ brokers, topic }) }
      const { message } = await rejects(world.run(undefined, { sinks }), 'invalid', 'two-clusters')
      expect(message).to.contain(broker.clusterId).and.to.contain(other.clusterId)
      expect(existsSync(world.checkpoints)).to.equal(false)
      for (const { admin } of [broker, other])
        expect(await admin.describeTopic(target.pointers).catch(() => null)).to.equal(null)
    })

    it('are no place to go on in turn', async () => {
      await world.run()
      const sinks = { totals: sink({ brokers: other.addresses.plaintext }), parts: none }
      await other.admin.createTopic(target.topic, 1)
      await rejects(world.run(undefined, { sinks }), 'invalid', 'other-cluster')
    })
  })

  it('two addresses of one cluster are one place', async () => {
    const brokers = broker.addresses.plaintext.replace('127.0.0.1', 'localhost')
    const topic = await newTopic(broker.admin, 1)
    await world.run(undefined, { sinks: { totals: sink(), parts: sink({ brokers, topic }) } })
    const records = await broker.admin.read(topic, 0)
    expect(records.map(({ value }) => value!.toString()).toSorted()).to.deep.equal(
      (await world.committed()).toSorted(),
    )
  })

  it('a topic of pointers that was deleted and made again', async () => {
    await world.run()
    await broker.admin.recreateTopic(target.pointers, 1)
    await rejects(world.run(), 'invalid', 'pointers-lost')
    await broker.admin.deleteTopic(target.pointers)
    await rejects(world.run(), 'invalid', 'pointers-lost')
  })

  it('a start without the sink, and a folding in doubt', async () => {
    expect(await world.begun(doubtAt('decided')).outcome).to.equal('transaction-in-doubt')
    await rejects(
      world.run(undefined, { sinks: { totals: none, parts: none } }),
      'invalid',
      'needs-transactions',
    )
    await rejects(compact(world.checkpoints), 'conflict', 'in-doubt')
    const { savepoint } = await compact(world.checkpoints, { transactions: sink().transactions })
    expect(savepoint.manifest.kind).to.equal('savepoint')
    await world.isExact()
  })

  it('an older savepoint in a new folder writes under a new lineage (failure 24)', async () => {
    const sinks = { totals: sink(), parts: none }
    const first = await world.run(undefined, { sinks })
    await world.append(5)
    await world.run(undefined, { sinks })
    expect(await world.committed()).to.have.length(9)
    const checkpoints = join(world.folder, 'again')
    const from = first.savepoint.manifestPath
    const { savepoint } = await world.run(undefined, { sinks, checkpoints, from })
    expect(savepoint.manifest.transactions?.lineage).not.to.equal(
      first.savepoint.manifest.transactions?.lineage,
    )
    expect(await world.committed()).to.have.length(9 + 5)
    await world.append(2)
    await world.run(undefined, { sinks })
    await world.run(undefined, { sinks, checkpoints, from })
    expect(await world.committed()).to.have.length(9 + 5 + 2 + 2)
  })
})
