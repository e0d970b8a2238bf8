// Maps and accumulators through rewrite --rekey, merge and create: where entries of several keys meet, none is lost or mixed up.
import { expect } from 'chai'
import fc from 'fast-check'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { create } from '../../src/repair/create.ts'
import { merge } from '../../src/repair/merge.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import type { MergeEntries, RekeyEntry } from '../../src/repair/transform.ts'
import { scan } from '../../src/savepoint/scan-records.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { source } from '../../src/source/declare.ts'
import { parquet } from '../../src/source/parquet.ts'
import { aggregating, map } from '../../src/state/state.ts'
import { parquetOf } from '../cli/sample.ts'
import { duckdb } from '../duckdb.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { expectSound, options } from './repairs.ts'

/** Purchases per customer and product, and their mean. */
const basket = job('basket')
  .from(
    source('purchases', { schema: { customer: t.string(), product: t.safeInt64(), amount: t.float64() } }),
  )
  .keyBy('customer')
  .apply('basket', {
    state: {
      products: map(t.safeInt64(), t.float64()),
      mean: aggregating({
        accumulator: t.struct({ sum: t.float64(), count: t.int32() }),
        initial: { sum: 0, count: 0 },
        add: ({ sum, count }, amount: number) => ({ sum: sum + amount, count: count + 1 }),
        result: ({ sum, count }) => (count === 0 ? 0 : sum / count),
      }),
    },
    onRecord({ product, amount }, { products, mean }) {
      products.set(product, (products.get(product) ?? 0) + amount)
      mean.add(amount)
    },
  })

type Baskets = Readonly<Record<string, Readonly<Record<string, number>>>>
interface Row {
  readonly customer: string
  readonly map_key: number
  readonly products: number
}
interface Mean {
  readonly sum: number
  readonly count: number
}

/** What two customers have together. */
const together: MergeEntries = (left, right, { state }) => {
  if (state === 'mean') {
    const [a, b] = [left, right] as [Mean, Mean]
    return { sum: a.sum + b.sum, count: a.count + b.count }
  }
  const all = new Map(left as Map<number, number>)
  for (const [product, amount] of right as Map<number, number>)
    all.set(product, (all.get(product) ?? 0) + amount)
  return all
}

describe('repairs of maps and accumulators', () => {
  const folders = tempFolders()

  /** A table of entries as DuckDB makes it, every row of `customers` by its number. */
  const products = `select 'c' || (i % 37) as customer, (i * 7919 % 101) - 50 as map_key, sum(i::double) as products
    from range(5000) r(i) group by all`
  const means = `select 'c' || (i % 37) as customer, {'sum': sum(i::double), 'count': count(*)::integer} as mean
    from range(5000) r(i) group by all`

  async function created(where: string = 'true'): Promise<Savepoint> {
    const folder = folders()
    const files = ['products', 'mean'].map(name => join(folder, `${name}.parquet`))
    for (const [i, query] of [products, means].entries())
      await parquetOf(files[i]!, `from (${query}) where ${where} order by hash(customer)`)
    const from = { 'basket/products': parquet(files[0]!), 'basket/mean': parquet(files[1]!) }
    const { savepoint } = await create(basket, { ...options(folder, 'new'), from })
    return expectSound(savepoint)
  }

  async function rows(savepoint: Savepoint, state: string): Promise<readonly object[]> {
    const found: object[] = []
    for await (const row of scan(savepoint, 'basket', state)) found.push(row)
    return found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }

  async function expected(sql: string): Promise<readonly object[]> {
    const found = (await duckdb(sql)).map(row => {
      const { map_key: key, ...rest } = row
      return key === undefined
        ? row
        : { customer: rest['customer'], map_key: Number(key), products: rest['products'] }
    })
    return found.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }

  it('create takes a row an entry, and an accumulator', async () => {
    const made = await created()
    expect(await rows(made, 'products')).to.deep.equal(await expected(products))
    expect(await rows(made, 'mean')).to.deep.equal(await expected(means))
  })

  it('create refuses an entry twice and one without a key, by name', async () => {
    const refused = async (query: string, code: string, named: string): Promise<void> => {
      const folder = folders()
      const file = join(folder, 'products.parquet')
      await parquetOf(file, query)
      const from = { 'basket/products': parquet(file) }
      const error = await rejects(create(basket, { ...options(folder, 'new'), from }), 'data', code)
      expect(error.message).to.contain(named)
    }
    const one = `'ann' as customer, 3::bigint as map_key, 1::double as products`
    await refused(`select ${one} from range(2)`, 'duplicate-entry', 'key ann, map_key 3')
    await refused(
      `select 'ann' as customer, null::bigint as map_key, 1::double as products`,
      'null-key',
      'map_key',
    )
  })

  for (const sortRows of [1_000_000, 11]) {
    it(`rewrite gives new keys, ${sortRows === 11 ? 'sorted aside' : 'in memory'}`, async () => {
      const made = await created()
      const rekey: RekeyEntry = ({ key }) => `x${Number((key as string).slice(1)) % 5}`
      const changes = { ...options(folders(), 'moved'), rekey, sortRows, keyGroups: 4 }
      const { savepoint } = await rewrite(made, { ...changes, merge: together })
      const moved = await expectSound(savepoint)
      const key = `'x' || (substr(customer, 2)::integer % 5)`
      expect(await rows(moved, 'products')).to.deep.equal(
        await expected(
          `select ${key} as customer, map_key, sum(products) as products from (${products}) group by all`,
        ),
      )
      expect(await rows(moved, 'mean')).to.deep.equal(
        await expected(
          `select ${key} as customer, {'sum': sum(mean.sum), 'count': sum(mean.count)::integer} as mean from (${means}) group by all`,
        ),
      )
      await rejects(
        rewrite(made, { ...changes, into: join(folders(), 'no') }),
        'conflict',
        'overlapping-keys',
      )
    })
  }

  it('a rewrite to new keys and back loses nothing', async () => {
    const made = await created()
    const swapped = await rewrite(made, {
      ...options(folders(), 'there'),
      rekey: ({ key }) => `${key as string}!`,
    })
    const back = await rewrite(await expectSound(swapped.savepoint), {
      ...options(folders(), 'back'),
      rekey: ({ key }) => (key as string).slice(0, -1),
      sortRows: 100,
    })
    expect((await expectSound(back.savepoint)).manifest.stateDigest).to.equal(made.manifest.stateDigest)
  })

  it('merge puts halves together to the very same state', async () => {
    const [low, high] = [await created(`customer < 'c2'`), await created(`customer >= 'c2'`)]
    const { savepoint } = await merge(low, high, options(folders(), 'all'))
    const whole = await created()
    expect((await expectSound(savepoint)).manifest.stateDigest).to.equal(whole.manifest.stateDigest)
    await rejects(merge(low, whole, options(folders(), 'no')), 'conflict', 'overlapping-keys')
    const twice = await merge(low, whole, { ...options(folders(), 'twice'), with: together })
    expect(await rows(await expectSound(twice.savepoint), 'products')).to.deep.equal(
      await expected(
        `select customer, map_key, products * if(customer < 'c2', 2, 1) as products from (${products})`,
      ),
    )
  })

  it('keeps entries apart whatever their keys are', async () => {
    const sizes = fc.array(fc.uniqueArray(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (keys, into, sortRows) => {
          const folder = folders()
          const file = join(folder, 'products.parquet')
          const values = keys.flatMap((entries, k) =>
            entries.map(key => `('k${k}', ${key}::bigint, ${10 ** k % 7}::double)`),
          )
          await parquetOf(file, `select * from (values ${values.join(', ')}) v(customer, map_key, products)`)
          const { savepoint } = await create(basket, {
            ...options(folder, 'new'),
            from: { 'basket/products': parquet(file) },
          })
          const moved = await rewrite(savepoint!, {
            ...options(folder, 'moved'),
            rekey: ({ key }) => `${Number((key as string).slice(1)) % into}`,
            merge: together,
            sortRows,
          })
          const naive: Record<string, Record<string, number>> = {}
          for (const [k, entries] of keys.entries())
            for (const key of entries) {
              const mine = (naive[k % into] ??= {})
              mine[key] = (mine[key] ?? 0) + (10 ** k % 7)
            }
          const found: Record<string, Record<string, number>> = {}
          for await (const row of scan(await expectSound(moved.savepoint), 'basket', 'products')) {
            const { customer, map_key: key, products: amount } = row as unknown as Row
            ;(found[customer] ??= {})[key] = amount
          }
          expect(found satisfies Baskets).to.deep.equal(naive)
        },
      ),
      { numRuns: 15 },
    )
  })
})
