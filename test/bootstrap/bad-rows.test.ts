/** Rows that can't be used: stop by name, or skip and count, or keep. */
import { readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { bootstrap, job, parquet, source, t, value } from 'headwater'
import { systemClock } from '../../src/clock.ts'
import { duckdb } from '../duckdb.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { ordersJob, valuesOf, writeOrders, type Order } from './orders.ts'

const good: Order = { customer: 'ann', amount: 1, at: 10 }
const bad: readonly (readonly [code: string, column: string, order: Order])[] = [
  ['null-value', 'customer', { ...good, customer: null }],
  ['null-value', 'amount', { ...good, amount: null }],
  ['null-time', 'at', { ...good, at: null }],
  ['time-too-far-ahead', 'event time', { ...good, at: 5000 }],
]

describe('rows that a bounded run can not use', () => {
  const newFolder = tempFolders()

  for (const [code, column, order] of bad) {
    it(`stop it by default, with file, row group and row: ${code} in ${column}`, async () => {
      const folder = newFolder()
      await writeOrders(folder, 'a.parquet', [good, good, order])
      const into = join(folder, 'savepoint')
      const history = { orders: parquet(join(folder, '*.parquet')) }
      const error = await rejects(
        bootstrap(ordersJob({ maxEventTimeMs: 5000 }), { history, into }),
        'data',
        code,
      )
      expect(error.message).to.match(/a\.parquet row group 0 row 2/)
      expect(error.message).to.contain(column)
      expect(error.remedy).to.contain(`badRecords: 'skip'`)
      expect(existsSync(into), 'nothing is left').to.equal(false)
    })
  }

  it('are counted and skipped where the source says so; they move no watermark', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [good, ...bad.map(([, , order]) => order), { ...good, at: 20 }])
    const history = { orders: parquet(join(folder, '*.parquet')) }
    const job = ordersJob({ maxEventTimeMs: 5000, badRecords: 'skip' })
    const savepoint = await bootstrap(job, { history, into: join(folder, 'savepoint') })
    expect(await valuesOf(savepoint, 'per-customer', 'sum')).to.deep.equal({ ann: 2 })
    expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 2, bad: 4 })
    expect(savepoint.manifest.sources[0]?.runningMax).to.equal(20)
  })

  it('are kept beside the savepoint where the source says so', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [good, ...bad.map(([, , order]) => order)])
    const history = { orders: parquet(join(folder, '*.parquet')) }
    const job = ordersJob({ maxEventTimeMs: 5000, badRecords: 'keep' })
    await bootstrap(job, { history, into: join(folder, 'savepoint') })
    const kept = await duckdb(
      `SELECT code, "where", record FROM '${join(folder, 'savepoint/bad/orders.*.parquet')}'`,
    )
    expect(kept.map(({ code }) => code)).to.deep.equal(bad.map(([code]) => code))
    expect(String(kept[0]?.['where'])).to.match(/a\.parquet row group 0 row 1$/)
    expect(JSON.parse(String(kept[1]?.['record']))).to.deep.equal({ customer: 'ann', amount: null, at: 10 })
  })

  it('are not kept by a run that fails afterwards', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [good, { ...good, at: null }])
    const history = { orders: parquet(join(folder, '*.parquet')) }
    const clock = { ...systemClock, now: () => NaN } // no manifest can say when it was made
    const run = bootstrap(ordersJob({ badRecords: 'keep' }), {
      history,
      into: join(folder, 'savepoint'),
      clock,
    })
    expect(await run.catch((error: unknown) => error)).to.be.instanceOf(Error)
    expect(readdirSync(folder)).to.deep.equal(['a.parquet'])
  })

  it('a value that its field can not hold is one: out of range, no value of the enum, not exact', async () => {
    const folder = newFolder()
    await duckdb(`COPY (SELECT * FROM (VALUES
        ('ann', 1, 'new', TIMESTAMP '2020-01-01 00:00:00'),
        ('ann', 5000000000, 'new', TIMESTAMP '2020-01-01 00:00:01'),
        ('ann', 2, 'odd', TIMESTAMP '2020-01-01 00:00:02'),
        ('ann', 3, 'old', TIMESTAMP '2020-01-01 00:00:03.000001'),
        ('ann', 4, 'old', TIMESTAMP '2020-01-01 00:00:04')
      ) t(customer, amount, kind, "at")) TO '${join(folder, 'a.parquet')}' (FORMAT parquet)`)
    const run = (badRecords: 'stop' | 'skip' | 'keep') => {
      const schema = {
        customer: t.string(),
        amount: t.int32(),
        kind: t.enum('new', 'old'),
        at: t.timestamp('ms'),
      }
      const orders = source('orders', { schema, eventTime: 'at', badRecords })
      const sums = job('sums')
        .from(orders)
        .keyBy('customer')
        .apply('sum', {
          state: { sum: value(t.safeInt64(), 0) },
          onRecord({ amount }, { sum }) {
            sum.set(sum.get() + amount)
          },
        })
      return bootstrap(sums, {
        history: { orders: parquet(join(folder, '*.parquet')) },
        into: join(folder, badRecords),
      })
    }
    await rejects(run('stop'), 'data', 'inexact-value')
    const savepoint = await run('keep')
    expect(await valuesOf(savepoint, 'sum', 'sum')).to.deep.equal({ ann: 5 })
    expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 2, bad: 3 })
    const kept = await duckdb(
      `SELECT code, "where" AS place, record FROM '${join(folder, 'keep/bad/orders.*.parquet')}'`,
    )
    expect(kept.map(({ code }) => code)).to.deep.equal(['inexact-value', 'inexact-value', 'inexact-value'])
    expect(String(kept[0]?.['place'])).to.match(/row 1$/)
  })

  it('a null key is one, wherever it comes from, and its time still counts', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [good, { customer: null, amount: 1, at: 90 }])
    const orders = source('orders', {
      schema: { customer: t.optional(t.string()), amount: t.int32(), at: t.timestamp('ms') },
      eventTime: 'at',
      badRecords: 'skip',
    })
    const counts = {
      state: { n: value(t.safeInt64(), 0) },
      onRecord: (_: unknown, { n }: { n: { get(): number; set(n: number): void } }) => n.set(n.get() + 1),
    }
    const byColumn = job('by-column').from(orders).keyBy('customer').apply('count', counts)
    const byFunction = job('by-function')
      .from(orders)
      .keyBy(t.string(), order => order.customer as string)
      .apply('count', counts)
    for (const [i, each] of [byColumn, byFunction].entries()) {
      const history = { orders: parquet(join(folder, '*.parquet')) }
      const savepoint = await bootstrap(each, { history, into: join(folder, `savepoint-${i}`) })
      expect(await valuesOf(savepoint, 'count', 'n')).to.deep.equal({ ann: 1 })
      expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 1, bad: 1 })
      expect(savepoint.manifest.sources[0]?.runningMax).to.equal(90)
    }
  })

  it('an operator that throws names operator, key and row, and leaves nothing', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [good, { ...good, amount: 13 }])
    const orders = source('orders', { schema: { customer: t.string(), amount: t.int32() } })
    const unlucky = job('unlucky')
      .from(orders)
      .keyBy('customer')
      .apply('counter', {
        state: { n: value(t.int32(), 0) },
        onRecord({ amount }, { n }) {
          n.set(amount)
          if (amount === 13) throw new Error('thirteen')
        },
      })
    const run = bootstrap(unlucky, {
      history: { orders: parquet(join(folder, '*.parquet')) },
      into: join(folder, 'savepoint'),
    })
    const error = await rejects(run, 'invalid', 'operator-failed')
    expect(error.message).to.match(
      /operator counter, key "ann", .*a\.parquet row group 0 row 1: found thirteen/,
    )
    expect(readdirSync(folder)).to.deep.equal(['a.parquet'])
  })
})
