/** The main job on a real topic: history from its archive, then live from exactly the record where history ended. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { archive } from '../../../src/source/archive/archive.ts'
import { openSavepoint } from '../../../src/savepoint/open.ts'
import { emptySavepoint } from '../../../src/live/empty-savepoint.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { openLog } from '../../../src/source/log-url.ts'
import type { Log } from '../../../src/source/log.ts'
import type { NewRecord } from '../../../tools/kafka/admin.ts'
import { startBroker, type BrokerAccess } from '../../../tools/kafka/broker.ts'
import { retail, schema } from '../../live/retail.ts'
import { bootstrapFrom, entries, lines, runToEnd } from '../../live/world.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'

const keyed = (customer: string, amount: number, partition: number): NewRecord => ({
  partition,
  key: customer,
  value: JSON.stringify({ customer, amount, at: 0 }),
  time: 1_700_000_000_000,
})

describe('a job on a topic', () => {
  const broker = sharedBroker()
  const { admin } = broker
  const folders = tempFolders()

  const open = (topic: string, at: BrokerAccess = broker): Log =>
    openLog(`kafka://${at.addresses.plaintext}/${topic}`)

  async function archiveOf(topic: string, folder: string, at: BrokerAccess = broker): Promise<void> {
    const log = open(topic, at)
    await archive({ log, to: join(folder, 'history-purchases'), fields: fieldsOf(schema) })
    await log.close()
  }

  async function live(
    topic: string,
    folder: string,
    at: BrokerAccess = broker,
  ): Promise<Record<string, unknown>> {
    const from = join(folder, 'savepoint')
    const { savepoint } = await runToEnd(retail, folder, { from, log: { purchases: open(topic, at) } })
    return entries(savepoint, 'spend', 'total')
  }

  it('with transactions on both sides of the cut: nothing lost, nothing twice, nothing that was aborted', async () => {
    const [topic, folder] = [await newTopic(admin, 2), folders()]
    const producer = await admin.transactional(`tx-${randomUUID()}`)
    const transaction = async (end: 'commit' | 'abort', ...records: NewRecord[]): Promise<void> => {
      await producer.begin()
      await producer.send(topic, records)
      await producer[end]()
    }
    await transaction('commit', keyed('ann', 1, 0), keyed('bob', 2, 1))
    await transaction('abort', keyed('ann', 1000, 0), keyed('bob', 1000, 1))
    await archiveOf(topic, folder)
    const history = await bootstrapFrom(retail, folder)
    expect(await entries(history, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 2 })
    const cut = history.manifest.sources[0]?.partitions.map(({ next }) => next)
    expect(cut).to.deep.equal([4, 4]) // behind the abort marker

    await transaction('abort', keyed('ann', 1000, 0))
    await transaction('commit', keyed('ann', 4, 0), keyed('ann', 8, 0))
    expect(await live(topic, folder)).to.deep.equal({ ann: 13, bob: 2 })
    expect(lines(folder, 'totals')).to.deep.equal([5, 13].map(total => ({ customer: 'ann', total }))) // prettier-ignore
    const newest = await openSavepoint(join(folder, 'checkpoints'))
    const positions = newest.manifest.sources[0]?.partitions.map(({ next }) => next)
    expect(positions).to.deep.equal(
      (await admin.describeTopic(topic)).partitions.map(({ lastStable }) => lastStable),
    )

    await transaction('commit', keyed('bob', 16, 1))
    expect(await live(topic, folder)).to.deep.equal({ ann: 13, bob: 18 })
    await producer.forget()
  })

  it('goes on where its topic has nothing new, and where history is its whole', async () => {
    const [topic, folder] = [await newTopic(admin, 3), folders()]
    await admin.produce(topic, [keyed('ann', 1, 0)])
    await archiveOf(topic, folder)
    await bootstrapFrom(retail, folder)
    expect(await live(topic, folder)).to.deep.equal({ ann: 1 })
    expect(await live(topic, folder)).to.deep.equal({ ann: 1 })
    await admin.produce(topic, [keyed('cid', 2, 2), keyed('ann', 4, 0)])
    expect(await live(topic, folder)).to.deep.equal({ ann: 5, cid: 2 })
  })

  it('without a history, from the beginning of its topic', async () => {
    const [topic, folder] = [await newTopic(admin, 1), folders()]
    await admin.produce(topic, [keyed('ann', 1, 0), keyed('ann', 2, 0)])
    await emptySavepoint(retail, { log: { purchases: open(topic) }, into: join(folder, 'savepoint') })
    expect(await live(topic, folder)).to.deep.equal({ ann: 3 })
  })

  describe('is refused', () => {
    async function begun(at: BrokerAccess = broker): Promise<{ topic: string; folder: string }> {
      const [topic, folder] = [await newTopic(at.admin, 1), folders()]
      await at.admin.produce(topic, [1, 2, 4].map(amount => keyed('ann', amount, 0))) // prettier-ignore
      await archiveOf(topic, folder, at)
      await bootstrapFrom(retail, folder)
      return { topic, folder }
    }

    const refusal = async (running: Promise<unknown>): Promise<string> =>
      (await rejects(running, 'invalid', 'handoff-refused')).message

    it('by another cluster, and by a topic that lost its end: offsets went back', async () => {
      const other = await startBroker()
      try {
        const { topic, folder } = await begun()
        await other.admin.createTopic(topic, 1)
        await other.admin.produce(
          topic,
          [1, 2, 4, 8].map(amount => keyed('ann', amount, 0)),
        )
        const elsewhere = await refusal(live(topic, folder, other))
        const [was, is] = await Promise.all([broker, other].map(each => each.admin.describeTopic(topic)))
        expect(elsewhere).to.equal(
          'invalid handoff-refused: job retail: found log-recreated: source purchases: ' +
            `expected log kafka:${broker.clusterId}/${was?.id} (purchases), ` +
            `found log kafka:${other.clusterId}/${is?.id} at kafka://${other.addresses.plaintext}/${topic}; ` +
            'positions of one log mean nothing in another: name the log that the history came from, or bootstrap again',
        )

        const ours = await begun(other)
        await other.shutdown()
        const data = join(other.folder, 'data', `${ours.topic}-0`)
        for (const name of readdirSync(data)) if (name !== 'partition.metadata') rmSync(join(data, name))
        await other.restart()
        const shorter = await refusal(live(ours.topic, ours.folder, other))
        expect(shorter).to.equal(
          'invalid handoff-refused: job retail: found past-end: source purchases partition 0: ' +
            'expected a log that reaches offset 3, the first not applied, ' +
            `found kafka://${other.addresses.plaintext}/${ours.topic} ends at 0; ` +
            'where a transaction is open in it, it ends before that: wait until it is over; else it is not the log that was read, or it lost its end: bring that log back, or bootstrap again',
        )
      } finally {
        await other.stop()
      }
    })
  })
})
