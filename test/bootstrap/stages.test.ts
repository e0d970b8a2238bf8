/** Jobs of several sources, operators and stages, in history. Expected values by hand. */
import { join } from 'node:path'
import { expect } from 'chai'
import { bootstrap, job, list, parquet, reducing, source, t, value, type Job } from 'headwater'
import { valueReader } from '../../src/codec/column-reader.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import { tempFolders } from '../temp-folder.ts'
import { valuesOf, writeOrders, type Order } from './orders.ts'

const orders = source('orders', {
  schema: { customer: t.string(), amount: t.int32(), at: t.timestamp('ms') },
  eventTime: 'at',
})
const refunds = source('refunds', {
  schema: { customer: t.string(), amount: t.int32(), at: t.timestamp('ms') },
  eventTime: 'at',
})

const order = (customer: string, amount: number, at: number): Order => ({ customer, amount, at })

/** State that shows the order of application: each record's amount and the clock that it saw. */
const trail = {
  state: { trail: value(t.string(), '') },
  onRecord(
    { amount }: { readonly amount: number },
    state: { readonly trail: { get(): string; set(text: string): void } },
    out: { readonly watermark: number },
  ): void {
    state.trail.set(`${state.trail.get()} ${amount}@${out.watermark}`.trim())
  },
}

describe('jobs of several parts, in history', () => {
  const newFolder = tempFolders()

  async function run(built: Job, files: Readonly<Record<string, readonly Order[]>>) {
    const folder = newFolder()
    const history: Record<string, ReturnType<typeof parquet>> = {}
    for (const [name, rows] of Object.entries(files)) {
      await writeOrders(folder, `${name}.parquet`, rows)
      history[name] = parquet(join(folder, `${name}.parquet`))
    }
    return bootstrap(built, { history: history, into: join(folder, 'savepoint') })
  }

  it('several operators on one keyed stream, all kinds of state', async () => {
    const built = job('kinds')
      .from(orders)
      .keyBy('customer')
      .apply('kinds', {
        state: {
          max: reducing(t.int32(), (a: number, b: number) => Math.max(a, b)),
          all: list(t.int32()),
          gone: value(t.int32()),
        },
        onRecord({ amount }, { max, all, gone }) {
          max.add(amount)
          if (amount < 0) all.clear()
          else all.add(amount)
          if (gone.get() === undefined) gone.set(amount)
          else gone.clear()
        },
      })
      .apply('trail', trail)
    const rows = [
      order('ann', 3, 1),
      order('bob', 1, 2),
      order('ann', -1, 3),
      order('ann', 5, 4),
      order('ann', 4, 5),
    ]
    const savepoint = await run(built, { orders: rows })
    expect(await valuesOf(savepoint, 'kinds', 'max')).to.deep.equal({ ann: 5, bob: 1 })
    expect(await valuesOf(savepoint, 'kinds', 'gone')).to.deep.equal({ bob: 1 })
    expect(await valuesOf(savepoint, 'trail', 'trail')).to.deep.equal({
      ann: '3@-Infinity -1@1 5@2 4@3',
      bob: '1@0',
    })
    const elements: unknown[] = []
    for await (const piece of scanState(savepoint, 'kinds', 'all')) {
      const key = valueReader(piece.keys[0]!)
      const read = valueReader(piece.value)
      for (let row = 0; row < piece.length; row++) elements.push([key(row), piece.index?.[row], read(row)])
    }
    expect(elements).to.have.deep.members([
      ['ann', 0, 5],
      ['ann', 1, 4],
      ['bob', 0, 1],
    ])
  })

  it('several sources meet in the order of their times, with one clock', async () => {
    const built = job('both')
      .from(orders)
      .union(
        job('both')
          .from(refunds)
          .map({ customer: t.string(), amount: t.int32(), at: t.timestamp('ms') }, r => ({
            ...r,
            amount: -r.amount,
          })),
      )
      .keyBy('customer')
      .apply('trail', trail)
    const savepoint = await run(built, {
      orders: [order('ann', 1, 10), order('ann', 2, 30)],
      refunds: [order('ann', 7, 20), order('ann', 8, 30)],
    })
    // Equal times: orders come first by name. The clock is the minimum of the sources that had a record.
    expect(await valuesOf(savepoint, 'trail', 'trail')).to.deep.equal({ ann: '1@-Infinity -7@9 2@9 -8@19' })
  })

  it('a stage after a stage folds emissions in the order of their records, whatever their key groups', async () => {
    const perCustomer = job('chain')
      .from(orders)
      .flatMap({ customer: t.string(), amount: t.int32() }, ({ customer, amount }) => [
        { customer, amount },
        { customer: `${customer}2`, amount: amount * 10 },
      ])
      .keyBy('customer')
      .apply('running', {
        state: { sum: value(t.int32(), 0) },
        emits: { shop: t.string(), amount: t.int32() },
        onRecord({ amount }, { sum }, out) {
          sum.set(sum.get() + amount)
          out.emit({ shop: 'one', amount: sum.get() })
          out.emit({ shop: 'one', amount: -amount })
        },
      })
    const built = perCustomer.keyBy('shop').apply('trail', trail)
    const savepoint = await run(built, {
      orders: [order('ann', 1, 10), order('bob', 2, 20), order('ann', 3, 30)],
    })
    const expected = [
      ...['1@-Infinity', '-1@-Infinity', '10@-Infinity', '-10@-Infinity'],
      ...['2@9', '-2@9', '20@9', '-20@9'],
      ...['4@19', '-3@19', '40@19', '-30@19'],
    ]
    expect(await valuesOf(savepoint, 'trail', 'trail')).to.deep.equal({ one: expected.join(' ') })
    expect(savepoint.manifest.clocks).to.deep.equal([
      { stage: 'running', clock: 29 },
      { stage: 'trail', clock: 29 },
    ])
  })

  it('tuple keys and computed keys', async () => {
    const built = job('keys')
      .from(orders)
      .keyBy('customer', 'amount')
      .apply('pairs', trail)
      .from(orders)
      .filter(({ amount }) => amount > 1)
      .keyBy(t.int32(), ({ amount }) => amount % 2)
      .apply('parity', trail)
    const savepoint = await run(built, {
      orders: [order('ann', 1, 1), order('ann', 2, 2), order('bob', 2, 3), order('ann', 2, 4)],
    })
    expect(await valuesOf(savepoint, 'pairs', 'trail')).to.deep.equal({
      'ann/1': '1@-Infinity',
      'ann/2': '2@0 2@2',
      'bob/2': '2@1',
    })
    expect(await valuesOf(savepoint, 'parity', 'trail')).to.deep.equal({ '0': '2@0 2@1 2@2' })
  })

  it('a filtered record moves the watermark all the same', async () => {
    const built = job('filtered')
      .from(orders)
      .filter(({ amount }) => amount > 0)
      .keyBy('customer')
      .apply('trail', trail)
    const savepoint = await run(built, {
      orders: [order('ann', 1, 1), order('ann', -5, 50), order('ann', 2, 60)],
    })
    expect(await valuesOf(savepoint, 'trail', 'trail')).to.deep.equal({ ann: '1@-Infinity 2@49' })
  })
})
