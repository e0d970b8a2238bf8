import { expect } from 'chai'
import { systemClock } from '../../../src/clock.ts'
import { identityOf } from '../../../src/kafka/producer/answers.ts'
import { initProducerId } from '../../../src/kafka/producer/requests.ts'
import { rejects } from '../../rejects.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { newLineage, numbered, partsFor, placeFor, pointer, valuesIn } from './producing.ts'

const broker = sharedBroker()
const brokers = broker.addresses.plaintext

describe('the topic of pointers', () => {
  it('is made where it is missing: compacted, of one partition', async () => {
    const pointers = `pointers-${newLineage()}`
    const place = placeFor({ brokers, pointers })
    const { topic, topicId, cluster } = await place.identify()
    expect([topic, cluster]).to.deep.equal([pointers, broker.clusterId])
    const described = await broker.admin.describeTopic(pointers)
    expect(described.id).to.equal(topicId)
    expect(described.partitions).to.have.length(1)
    const again = placeFor({ brokers, pointers })
    expect((await again.identify()).topicId).to.equal(topicId)
    await Promise.all([place.close(), again.close()])
  })

  it('is refused when it forgets with time, or has several partitions', async () => {
    const hour = { 'retention.ms': '3600000' }
    const forgets = await newTopic(broker.admin, 1, { 'cleanup.policy': 'delete', ...hour })
    const both = await newTopic(broker.admin, 1, { 'cleanup.policy': 'compact,delete', ...hour })
    const wide = await newTopic(broker.admin, 3, { 'cleanup.policy': 'compact' })
    const never = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' }
    const keeps = await newTopic(broker.admin, 1, never)
    for (const pointers of [forgets, both, wide]) {
      const place = placeFor({ brokers, pointers })
      await rejects(place.identify(), 'invalid', 'pointers-unfit')
      await place.close()
    }
    const place = placeFor({ brokers, pointers: keeps })
    expect((await place.identify()).topic).to.equal(keeps)
    await place.close()
  })

  it('is another when it was deleted and made again', async () => {
    const pointers = await newTopic(broker.admin, 1, { 'cleanup.policy': 'compact' })
    const place = placeFor({ brokers, pointers })
    const before = await place.identify()
    await broker.admin.recreateTopic(pointers, 1)
    await rejects(place.settle({ lineage: newLineage(), chain: 'main' }), 'data', 'pointers-lost')
    await place.close()
    await broker.admin.configureTopic(pointers, { 'cleanup.policy': 'compact' })
    const after = placeFor({ brokers, pointers })
    expect((await after.identify()).topicId).not.to.equal(before.topicId)
    await after.close()
  })

  it('is read to its end while transactions of others are open in it', async () => {
    const pointers = await newTopic(broker.admin, 1, { 'cleanup.policy': 'compact' })
    const place = placeFor({ brokers, pointers })
    const [one, other] = ['main', '7-0'].map(chain => ({ lineage: newLineage(), chain }))
    const open = await place.open(one!)
    await open.commit(pointer(1))
    const blocker = await broker.admin.transactional(`blocker-${newLineage()}`)
    await blocker.begin()
    await blocker.send(pointers, [{ key: 'elsewhere', value: '{}', partition: 0 }])
    await open.commit(pointer(2))
    // A record of ours that was aborted above the open one.
    const liar = await broker.admin.transactional(`liar-${newLineage()}`)
    await liar.begin()
    await liar.send(pointers, [{ key: `${one!.lineage}/main`, value: '{"number":9}', partition: 0 }])
    await liar.abort()
    // And one that is not decided at all.
    const slow = await broker.admin.transactional(`slow-${newLineage()}`)
    await slow.begin()
    await slow.send(pointers, [{ key: `${one!.lineage}/main`, value: '{"number":8}', partition: 0 }])
    const [state] = (await broker.admin.describeTopic(pointers)).partitions
    expect(state!.lastStable).to.be.below(state!.latest)
    expect(await place.settle(one!)).to.deep.equal(pointer(2))
    expect(await place.settle(other!)).to.equal(null)
    await blocker.abort()
    await slow.abort()
    expect(await place.settle(one!)).to.deep.equal(pointer(2))
    await place.close()
  })

  it('is read the same when it was compacted', async () => {
    const config = { 'cleanup.policy': 'compact', 'segment.ms': '200', 'min.cleanable.dirty.ratio': '0.01' }
    const pointers = await newTopic(broker.admin, 1, config)
    const place = placeFor({ brokers, pointers })
    const owners = [1, 2, 3].map(() => ({ lineage: newLineage(), chain: 'main' }))
    for (const [i, owner] of owners.entries()) {
      const open = await place.open(owner)
      for (let number = 1; number <= 5 + i; number++) await open.commit(pointer(number))
      await open.close()
    }
    const written = (await broker.admin.describeTopic(pointers)).partitions[0]!.latest
    // A segment ends when the next record comes after its time; then the cleaner may have it.
    await systemClock.sleep(250)
    const filler = await place.open({ lineage: newLineage(), chain: 'main' })
    await filler.commit(pointer(1))
    while ((await broker.admin.read(pointers, 0)).length >= 12) await systemClock.sleep(100)
    expect(written).to.be.above(18)
    for (const [i, owner] of owners.entries()) {
      expect(await place.settle(owner)).to.deep.equal(pointer(5 + i))
    }
    await place.close()
  })

  it('has what is no pointer refused', async () => {
    const pointers = await newTopic(broker.admin, 1, { 'cleanup.policy': 'compact' })
    const place = placeFor({ brokers, pointers })
    for (const [i, value] of ['', 'x', '{"number":0}', '{"number":1,"manifest":"../x"}'].entries()) {
      const owner = { lineage: newLineage(), chain: `${i}-0` }
      await broker.admin.produce(pointers, [{ key: `${owner.lineage}/${owner.chain}`, value }])
      await rejects(place.settle(owner), 'data', 'bad-pointer')
    }
    await place.close()
  })
})

describe('a takeover', () => {
  it('meets a transaction that is still open: the broker is busy first, and then it is aborted', async () => {
    const topic = await newTopic(broker.admin, 8)
    const owner = { lineage: newLineage(), chain: 'main' }
    const zombie = placeFor({ brokers })
    const open = await zombie.open(owner)
    await open.send(topic, numbered('zombie', 80, 8))
    const sent = async (): Promise<number> =>
      (await broker.admin.describeTopic(topic)).partitions.reduce((sum, { latest }) => sum + latest, 0)
    while ((await sent()) < 80) await systemClock.sleep(50)
    const parts = partsFor({ brokers })
    const asked = initProducerId(`headwater-${owner.lineage}-main`, 60_000)
    const concurrentTransactions = 51
    expect(identityOf(await parts.cluster.ask(asked)).error).to.equal(concurrentTransactions)
    await parts.cluster.close()
    const next = placeFor({ brokers })
    expect(await next.settle(owner)).to.equal(null)
    await rejects(open.commit(pointer(1)), 'conflict', 'lost-ownership')
    const successor = await next.open(owner)
    await successor.send(topic, numbered('next', 8, 8))
    await successor.commit(pointer(1))
    await Promise.all([zombie.close(), next.close()])
    expect((await valuesIn(broker.admin, topic, 8)).flat()).to.deep.equal(
      numbered('next', 8, 8).map(({ value }) => Buffer.from(value!).toString()),
    )
  })
})
