// What several tasks can not do, since each sees only its partitions.
import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import type { Job } from '../../src/job/job.ts'
import { t } from '../../src/record/type.ts'
import { ndjson } from '../../src/sink/ndjson.ts'
import { source } from '../../src/source/declare.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { purchase, schema, spending, taskWorlds } from './tasks-world.ts'

describe('tasks refuse', () => {
  const world = taskWorlds()

  it('sinks that one alone can write', async () => {
    const it = await world()
    const sinks = { totals: ndjson(join(it.folder, 'totals.ndjson')) } as never
    const error = await rejects(it.run({ index: 0, count: 2 }, { sinks }), 'invalid', 'not-for-tasks')
    expect(error.message).to.match(/sink totals.*ndjson:DIR/)
    expect(existsSync(it.checkpoints)).to.equal(false)
  })

  it('more tasks than partitions, and numbers that are none', async () => {
    const it = await world()
    await rejects(it.run({ index: 0, count: 5 }), 'invalid', 'too-many-tasks')
    await rejects(it.run({ index: 2, count: 2 }), 'invalid', 'bad-option')
    await rejects(it.run({ index: 0.5, count: 2 }), 'invalid', 'bad-option')
  })

  it('a source that does not say that it is partitioned by its key', async () => {
    const it = await world(spending({ partitionedByKey: false }))
    const error = await rejects(it.run({ index: 0, count: 2 }), 'invalid', 'not-for-tasks')
    expect(error.message).to.match(/stage spend: .*purchases, which does not say partitionedByKey/)
  })

  it('stages that exchange records', async () => {
    const purchases = source('purchases', { schema, eventTime: 'at', partitionedByKey: true })
    const exchanging = job('retail')
      .from(purchases)
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0) },
        emits: { name: t.string(), total: t.float64() },
        onRecord(purchase, { total }, out) {
          total.set(total.get() + purchase.amount)
          out.emit({ name: out.key, total: total.get() })
        },
      })
      .keyBy('name')
      .apply('count', {
        state: { seen: value(t.float64(), 0) },
        onRecord(_, { seen }, out) {
          seen.set(seen.get() + 1)
          out.emit({ seen: seen.get() })
        },
      })
      .to('totals') as unknown as Job
    const it = await world(exchanging)
    const error = await rejects(it.run({ index: 0, count: 2 }), 'invalid', 'not-for-tasks')
    expect(error.message).to.match(/stage count: .*another stage/)
  })

  it('a log that another partitioner wrote, or that has no keys, or keys of the job in two partitions', async () => {
    const crc = await world(spending({ partitioner: 'crc32' } as object))
    await crc.append(0, 50)
    const error = await rejects(crc.run({ index: 0, count: 2 }), 'invalid', 'wrong-partitioner')
    expect(error.message).to.match(/by crc32, found it in partition/)
    const keyless = await world()
    const writer = await openFileLogWriter(join(keyless.folder, 'log'))
    await writer.append(2, [{ value: purchase(1).value, time: 0 }])
    await writer.close()
    await rejects(keyless.run({ index: 0, count: 2 }), 'invalid', 'no-message-key')
    const everywhere = spending({ partitioner: (_: unknown, count: number) => count - 1 })
    const other = await world(everywhere)
    await rejects(
      (async () => {
        await other.append(0, 50)
        await other.run({ index: 0, count: 2 })
      })(),
      'invalid',
      'wrong-partitioner',
    )
  })

  it('keys of the job that are coarser than those of the messages', async () => {
    const coarse = await world()
    const writer = await openFileLogWriter(join(coarse.folder, 'log'))
    const same = { customer: 'everybody', amount: 1, at: 0 }
    await writer.appendByKey(Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, value: same, time: 0 })))
    await writer.close()
    await rejects(coarse.run({ index: 0, count: 2 }), 'invalid', 'not-partitioned-by-key')
  })
})
