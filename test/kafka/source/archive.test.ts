/** The archive of a topic: offsets, times, keys and headers as they were, resumable, and what was bad there is bad in history. */
import { join } from 'node:path'
import { expect } from 'chai'
import { source } from '../../../src/source/declare.ts'
import { archive } from '../../../src/source/archive/archive.ts'
import { job } from '../../../src/job/builder.ts'
import { t } from '../../../src/record/type.ts'
import { fieldsOf } from '../../../src/record/record.ts'
import { value } from '../../../src/state/state.ts'
import { openDuckDb } from '../../../src/savepoint/query/duckdb.ts'
import { bootstrapFrom, entries, runToEnd } from '../../live/world.ts'
import { tempFolders } from '../../temp-folder.ts'
import { newTopic, sharedBroker } from '../support/shared-broker.ts'
import { readerOf } from './topic-under-test.ts'

describe('the archive of a topic', () => {
  const broker = sharedBroker()
  const { admin } = broker
  const folders = tempFolders()
  const schema = { customer: t.string(), amount: t.float64() }

  it('has each record once over several runs, trimmed behind it, with bad ones as bad as live', async () => {
    const [topic, folder] = [await newTopic(admin, 1), folders()]
    const to = join(folder, 'history-purchases')
    const archived = async (): Promise<number> => {
      const log = readerOf(broker, topic)
      const { rows } = await archive({ log, to, fields: fieldsOf(schema) })
      await log.close()
      return rows
    }
    const sale = (amount: number): string => JSON.stringify({ customer: 'ann', amount })
    await admin.produce(topic, [
      { partition: 0, key: 'k', value: sale(1), time: 1000, headers: [['trace', 'x']] },
      { partition: 0, value: '{"customer":', time: 2000 },
      { partition: 0, value: null, time: 3000 },
    ])
    expect(await archived()).to.equal(3)
    await admin.trim(topic, 0, 3)
    await admin.produce(topic, [{ partition: 0, value: sale(2), time: 4000 }])
    expect(await archived()).to.equal(1)
    expect(await archived()).to.equal(0)

    const database = await openDuckDb()
    const files = `read_parquet('${to}/*.parquet', union_by_name = true)`
    const text = `SELECT _offset::INT, epoch_ms(_time)::INT, _key, _headers, amount FROM ${files} ORDER BY _offset`
    const rows: unknown[] = []
    for await (const piece of (await database.run(text)).rows()) rows.push(...piece)
    expect(rows).to.deep.equal([
      [0, 1000, 'k', '{"trace":"x"}', 1],
      [1, 2000, null, null, null],
      [2, 3000, null, null, null],
      [3, 4000, null, null, 2],
    ])

    const skipping = source('purchases', { schema, badRecords: 'skip' })
    const sums = job('sums')
      .from(skipping)
      .keyBy('customer')
      .apply('spend', {
        state: { total: value(t.float64(), 0) },
        onRecord: (purchase, { total }) => total.set(total.get() + purchase.amount),
      })
      .to('totals')
    const history = await bootstrapFrom(sums, folder)
    expect(await entries(history, 'spend', 'total')).to.deep.equal({ ann: 3 })
    expect(history.manifest.counts.sources[0]?.bad).to.equal(2)
    await admin.produce(topic, [
      { partition: 0, value: 'no JSON' },
      { partition: 0, value: sale(4) },
    ])
    const log = { purchases: readerOf(broker, topic) }
    const { savepoint, progress } = await runToEnd(sums, folder, { from: join(folder, 'savepoint'), log })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 7 })
    expect(progress.bad).to.equal(1)
  })
})
