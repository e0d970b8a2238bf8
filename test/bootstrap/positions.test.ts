/** What the bounded driver makes of log positions: the cut, coverage, duplicates, order. Expected values by hand. */
import { join } from 'node:path'
import { expect } from 'chai'
import { bootstrap, parquet } from 'headwater'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { ordersJob, valuesOf, writeOrders, type Order } from './orders.ts'

const at = (partition: number, offset: number, amount: number, time: number, customer = 'ann'): Order => ({
  customer,
  amount,
  at: time,
  _partition: partition,
  _offset: offset,
})

describe('bounded runs over positioned history', () => {
  const newFolder = tempFolders()

  it('derives the cut and what each partition holds', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [at(0, 5, 1, 10), at(0, 6, 2, 20), at(2, 0, 3, 30)])
    await writeOrders(folder, 'b.parquet', [at(0, 9, 4, 40)])
    const savepoint = await bootstrap(ordersJob(), {
      history: { orders: parquet(join(folder, '*.parquet')) },
      into: join(folder, 'savepoint'),
    })
    const [source] = savepoint.manifest.sources
    expect(source).to.deep.include({ order: 'schedule', cut: 'offsets', log: null })
    expect(source?.partitions).to.deep.equal([
      {
        partition: 0,
        next: 10,
        runningMax: 40,
        history: { first: 5, last: 9, rows: 3, duplicates: 0, holes: [[7, 9]] },
      },
      {
        partition: 2,
        next: 1,
        runningMax: 30,
        history: { first: 0, last: 0, rows: 1, duplicates: 0, holes: [] },
      },
    ])
  })

  it('folds in the canonical schedule, each record with the clock before it', async () => {
    const folder = newFolder()
    // Heads by running maximum: p0 1@10, p1 5@20 (max 20), p0 2@30, p1 6@15 (max 20), so 1, 5, 6, 2, then 7@25 (max 30 in p0).
    await writeOrders(folder, 'a.parquet', [at(1, 0, 5, 20), at(1, 1, 6, 15)])
    await writeOrders(folder, 'b.parquet', [at(0, 0, 1, 10), at(0, 1, 2, 30), at(0, 2, 7, 25)])
    const savepoint = await bootstrap(ordersJob({ outOfOrdernessMs: 2 }), {
      history: { orders: parquet(join(folder, '*.parquet')) },
      into: join(folder, 'savepoint'),
    })
    const seen = await valuesOf(savepoint, 'per-customer', 'seen')
    // p0 alone: 10 − 2 − 1 = 7; then the minimum of p0 (7) and p1 (17); after 2@30 the minimum is p1's 17.
    expect(seen).to.deep.equal({ ann: '1@-Infinity 5@7 6@7 2@7 7@17' })
    expect(savepoint.manifest.clocks).to.deep.equal([{ stage: 'per-customer', clock: 17 }])
    // Late are 6@15 (its partition's watermark is 17) but not 7@25 (27 is): both are at or below.
    expect(savepoint.manifest.counts.sources[0]?.late).to.equal(2)
  })

  it("gives a key its own partition's clock where the source is partitioned by key", async () => {
    const folder = newFolder()
    const bob = at(1, 0, 9, 100, 'bob')
    await writeOrders(folder, 'a.parquet', [at(0, 0, 1, 10), at(0, 1, 2, 110), bob, at(1, 1, 8, 101, 'bob')])
    const history = { orders: parquet(join(folder, '*.parquet')) }
    const job = ordersJob({ partitionedByKey: true })
    const savepoint = await bootstrap(job, { history, into: join(folder, 'savepoint') })
    const seen = await valuesOf(savepoint, 'per-customer', 'seen')
    expect(seen).to.deep.equal({ ann: '1@-Infinity 2@9', bob: '9@-Infinity 8@99' })
  })

  it('refuses a key in two partitions where the source says that there is none', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [at(0, 0, 1, 10), at(1, 0, 2, 20)])
    const history = { orders: parquet(join(folder, '*.parquet')) }
    const run = bootstrap(ordersJob({ partitionedByKey: true }), { history, into: join(folder, 'savepoint') })
    const error = await rejects(run, 'data', 'not-partitioned-by-key')
    expect(error.message).to.contain('key ann')
  })

  it('applies equal rows of one position once, and counts them', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [at(0, 0, 1, 10), at(0, 1, 2, 20)])
    await writeOrders(folder, 'b.parquet', [at(0, 1, 2, 20), at(0, 2, 4, 30)])
    const savepoint = await bootstrap(ordersJob(), {
      history: { orders: parquet(join(folder, '*.parquet')) },
      into: join(folder, 'savepoint'),
    })
    expect(await valuesOf(savepoint, 'per-customer', 'sum')).to.deep.equal({ ann: 7 })
    expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 3, duplicates: 1 })
    expect(savepoint.manifest.sources[0]?.partitions[0]?.history?.duplicates).to.equal(1)
  })

  it('refuses rows of one position that differ', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [at(0, 0, 1, 10), at(0, 1, 2, 20)])
    await writeOrders(folder, 'b.parquet', [at(0, 1, 3, 20)])
    const history = { orders: parquet(join(folder, '*.parquet')) }
    const error = await rejects(
      bootstrap(ordersJob(), { history, into: join(folder, 'savepoint') }),
      'data',
      'duplicate-differs',
    )
    expect(error.message).to.contain('partition 0 offset 1')
  })

  it('leaves out rows at and past a given cut, and counts them', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [at(0, 0, 1, 10), at(0, 1, 2, 20), at(1, 7, 4, 30)])
    const savepoint = await bootstrap(ordersJob(), {
      history: { orders: parquet(join(folder, '*.parquet')) },
      cut: { orders: { 0: 1, 1: 8 } },
      into: join(folder, 'savepoint'),
    })
    expect(await valuesOf(savepoint, 'per-customer', 'sum')).to.deep.equal({ ann: 5 })
    const [source] = savepoint.manifest.sources
    expect(source?.cut).to.equal('given')
    expect(source?.partitions.map(({ partition, next }) => [partition, next])).to.deep.equal([
      [0, 1],
      [1, 8],
    ])
    expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 2, pastCut: 1 })
  })

  it('orders by event time on demand: nothing is late, and the log starts at the one watermark', async () => {
    const folder = newFolder()
    await writeOrders(folder, 'a.parquet', [at(0, 0, 1, 30), at(0, 1, 2, 10), at(1, 0, 4, 20)])
    const savepoint = await bootstrap(ordersJob(), {
      history: { orders: parquet(join(folder, '*.parquet')) },
      order: 'event-time',
      into: join(folder, 'savepoint'),
    })
    expect(await valuesOf(savepoint, 'per-customer', 'seen')).to.deep.equal({ ann: '2@-Infinity 4@9 1@19' })
    const [source] = savepoint.manifest.sources
    expect(source).to.deep.include({ order: 'event-time', cut: 'offsets', runningMax: 30 })
    expect(source?.partitions.map(({ runningMax }) => runningMax)).to.deep.equal([30, 30])
  })
})
