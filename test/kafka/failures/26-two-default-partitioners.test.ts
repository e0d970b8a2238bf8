/**
 * Two clients with different default partitioners write one topic, and a key's records are in two partitions: the Java client
 * has murmur2, librdkafka CRC32. Found by name wherever an order by key is relied on; one task that relies on none is right.
 */
import { crc32 } from 'node:zlib'
import { join } from 'node:path'
import { expect } from 'chai'
import { job } from '../../../src/job/builder.ts'
import type { Job } from '../../../src/job/job.ts'
import { t } from '../../../src/record/type.ts'
import { ndjsonParts } from '../../../src/sink/ndjson-parts.ts'
import { source } from '../../../src/source/declare.ts'
import { value } from '../../../src/state/state.ts'
import { purchase, retail, schema } from '../../live/retail.ts'
import { begin, bootstrapFrom, entries, runToEnd } from '../../live/world.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { describeConfluent } from '../support/confluent.ts'
import { produceByLibrdkafka } from '../support/librdkafka-producer.ts'
import { sharedBroker } from '../support/shared-broker.ts'
import { worldTopic, type WorldTopic } from '../support/topic-logs.ts'

const partitions = 4
const customers = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay', 'gus', 'hal']

const keyed = (partitioner: 'murmur2' | 'crc32'): Job =>
  job('retail')
    .from(source('purchases', { schema, eventTime: 'at', partitionedByKey: true, partitioner }))
    .keyBy('customer')
    .apply('spend', {
      state: { total: value(t.float64(), 0) },
      onRecord({ amount }, { total }, out) {
        total.set(total.get() + amount)
        out.emit({ customer: out.key, total: total.get() })
      },
    })
    .to('totals')

describe('failure 26: two default partitioners', () => {
  const { admin, addresses } = sharedBroker()
  const folders = tempFolders()

  /** By the Java client's default. */
  const byJava = (log: WorldTopic): Promise<void> =>
    log.appendByKey(...customers.map(key => ({ key, value: purchase(key, 1) })))

  /** Where librdkafka's default puts them: CRC32 of the key, which Node's zlib has too. */
  async function byLibrdkafka(log: WorldTopic): Promise<void> {
    const records = customers.map(key => ({
      key,
      value: JSON.stringify(purchase(key, 2)),
      partition: crc32(key) % partitions,
      time: 0,
    }))
    await admin.produce(log.topic, records)
  }

  async function world(of: Job): Promise<{ folder: string; log: WorldTopic; from: string }> {
    const folder = folders()
    const log = await worldTopic(folder, 'purchases', schema, partitions)
    await begin(of, folder)
    return { folder, log, from: join(folder, 'savepoint') }
  }

  it('a run that relies on no order of a key over partitions counts every record', async () => {
    const { folder, log, from } = await world(retail)
    await byJava(log)
    await byLibrdkafka(log)
    const { savepoint } = await runToEnd(retail, folder, { from })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal(
      Object.fromEntries(customers.map(customer => [customer, 3])),
    )
  })

  it('each alone is what its partitioner says, and not what the other one does', async () => {
    for (const [write, right, wrong] of [
      [byJava, 'murmur2', 'crc32'],
      [byLibrdkafka, 'crc32', 'murmur2'],
    ] as const) {
      const { folder, log, from } = await world(keyed(right))
      await write(log)
      const tasks = (of: Job): Promise<unknown> =>
        Promise.all([0, 1].map(index => runTask(of, folder, from, index)))
      await rejects(runTask(keyed(wrong), folder, from, 0), 'invalid', 'wrong-partitioner')
      await tasks(keyed(right))
    }
  })

  for (const partitioner of ['murmur2', 'crc32'] as const) {
    it(`both in one topic: tasks are refused, declared ${partitioner}`, async () => {
      const { folder, log, from } = await world(keyed(partitioner))
      await byJava(log)
      await byLibrdkafka(log)
      const error = await rejects(
        runTask(keyed(partitioner), folder, from, 0),
        'invalid',
        'wrong-partitioner',
      )
      expect(error.message).to.match(
        /message key "\w+": expected partition \d, by (murmur2|crc32), found it in/,
      )
    })
  }

  it('both in one topic, read by its key in one process: stopped by name, live and in history', async () => {
    const { folder, log, from } = await world(keyed('murmur2'))
    await byJava(log)
    await byLibrdkafka(log)
    await rejects(runToEnd(keyed('murmur2'), folder, { from }), 'data', 'not-partitioned-by-key')
    await log.archive(...(await admin.describeTopic(log.topic)).partitions.map(({ latest }) => latest))
    await rejects(bootstrapFrom(keyed('murmur2'), folder, 'other'), 'data', 'not-partitioned-by-key')
  })

  describeConfluent('with librdkafka itself', () => {
    it('its keys are where crc32 says, and with those of the Java client beside them they are nowhere', async () => {
      const { folder, log, from } = await world(keyed('crc32'))
      const records = customers.map(key => ({ key, value: JSON.stringify(purchase(key, 2)) }))
      await produceByLibrdkafka(addresses.plaintext, log.topic, records)
      await Promise.all([0, 1].map(index => runTask(keyed('crc32'), folder, from, index)))
      await byJava(log)
      await rejects(runTask(keyed('crc32'), folder, from, 0), 'invalid', 'wrong-partitioner')
    })
  })

  const runTask = (of: Job, folder: string, from: string, index: number): Promise<unknown> =>
    runToEnd(of, folder, {
      from,
      task: { index, count: 2 },
      sinks: { totals: ndjsonParts(join(folder, 'out')) },
    })
})
