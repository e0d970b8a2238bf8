// Nested columns all the way: Parquet, history, live records, checkpoints, scan, export, query; DuckDB says what must come out.
import { expect } from 'chai'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonText } from '../../src/codec/json-text.ts'
import { valueToJson } from '../../src/codec/json-value.ts'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { exportState } from '../../src/savepoint/export.ts'
import { findState } from '../../src/savepoint/find-state.ts'
import { entryFields } from '../../src/savepoint/named-columns.ts'
import { query } from '../../src/savepoint/query/query.ts'
import { scan } from '../../src/savepoint/scan-records.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { source } from '../../src/source/declare.ts'
import { list, map, value } from '../../src/state/state.ts'
import { duckdb } from '../duckdb.ts'
import { sharedFolder } from '../temp-folder.ts'
import { bootstrapFrom, lines, newest, runToEnd, worldLog, type Value } from './world.ts'

const item = t.struct({ sku: t.string(), amount: t.decimal(12, 2), sizes: t.list(t.optional(t.int32())) })
const schema = {
  shop: t.string(),
  customer: t.optional(t.struct({ name: t.string(), ids: t.list(t.int64()) })),
  items: t.list(item),
  prices: t.map(t.string(), t.optional(t.float64())),
}

/** The last customer, all items, the last price of each product. */
const orders = job('orders')
  .from(source('orders', { schema }))
  .keyBy('shop')
  .apply('shops', {
    state: {
      customer: value(schema.customer),
      items: list(item),
      prices: map(t.string(), t.optional(t.float64())),
    },
    onRecord(order, { customer, items, prices }, out) {
      expectFrozen(order.customer, order.items, ...order.items, ...order.items.map(({ sizes }) => sizes))
      expect(() => (order.prices as Map<string, number>).set('p0', 1)).to.throw(`can't be changed`)
      customer.set(order.customer)
      for (const one of order.items) items.add(one)
      for (const [product, price] of order.prices) prices.set(product, price)
      out.emit({ shop: out.key, items: order.items.length, prices: order.prices.size })
    },
  })
  .to('counted')

/** What an operator is given is the same for the next one, in history and live. */
function expectFrozen(...values: readonly unknown[]): void {
  expect(values.every(each => Object.isFrozen(each))).to.equal(true)
}

/** Of DuckDB's types, since none are in a file of JSON. */
const item$ = 'struct(sku varchar, amount decimal(12,2), sizes integer[])'
const customer$ = 'struct(name varchar, ids bigint[])'
const total = 500
const inHistory = 300

/** Order i, with everything that may be empty empty now and then. */
const made = `select i as n, 's' || (i % 7) as shop,
  case when i % 11 = 0 then null else {'name': 'c' || i, 'ids': [i * 4611686018427387::bigint, -i]}::${customer$} end as customer,
  list_transform(range(i % 4), j -> {'sku': 'k' || j, 'amount': (i / 4.0 + j)::decimal(12,2),
    'sizes': if(j = 2, [], [i::integer, null, j::integer])}::${item$})::${item$}[] as items,
  map_from_entries(list_transform(range(i % 3), j -> {'k': 'p' || (i + j) % 5, 'v': if(j = 1, null, i / 8)}))::map(varchar, double) as prices
  from range(${total}) r(i)`

const wanted = {
  customer: `select shop, arg_max_null(customer, n) as customer from (${made}) group by shop`,
  items: `select shop, (row_number() over (partition by shop order by n, j) - 1)::integer as index, items[j] as items
    from (select *, unnest(range(1, len(items) + 1)) as j from (${made}))`,
  prices: `select shop, e.key as map_key, arg_max_null(e.value, n) as prices
    from (select n, shop, unnest(map_entries(prices)) as e from (${made})) group by all`,
} as const

/** How DuckDB reads the columns of NDJSON. */
const columns = {
  customer: `{shop: 'varchar', customer: '${customer$}'}`,
  items: `{shop: 'varchar', index: 'integer', items: '${item$}'}`,
  prices: `{shop: 'varchar', map_key: 'varchar', prices: 'double'}`,
} as const

describe('nested columns', () => {
  const folder = sharedFolder()

  before(async () => {
    mkdirSync(join(folder(), 'history-orders'))
    await duckdb(`copy (select shop, customer, items, prices, 0 as _partition, n as _offset from (${made}) where n < ${inHistory} order by hash(n))
      to '${join(folder(), 'history-orders', 'part.parquet')}' (format parquet, row_group_size 2048)`)
    const log = await worldLog(folder(), 'orders', schema, 1)
    // Our JSON has 64-bit numbers and decimals as text.
    const rows = await duckdb(`select to_json({'shop': shop, 'prices': prices,
      'customer': if(customer is null, null, {'name': customer.name, 'ids': customer.ids::varchar[]}),
      'items': list_transform(items, x -> {'sku': x.sku, 'amount': x.amount::varchar, 'sizes': x.sizes})})::varchar as line
      from (${made}) order by n`)
    await log.append(0, ...rows.map(({ line }) => JSON.parse(line as string) as Value))
    await bootstrapFrom(orders, folder())
    await runToEnd(orders, folder(), {
      from: join(folder(), 'savepoint'),
      maxBatchRecords: 30,
      checkpointEveryMs: 0,
    })
  })

  /** Rows that are in one and not in the other. */
  async function differences(found: string, expected: string): Promise<unknown[]> {
    return duckdb(
      `(from (${found}) except all from (${expected})) union all (from (${expected}) except all from (${found}))`,
    )
  }

  it('come from history and from the log, and are sound', async () => {
    const savepoint = await newest(folder())
    expect((await verifySavepoint(savepoint.folder)).findings).to.deep.equal([])
    expect(savepoint.manifest.sources[0]?.partitions[0]).to.include({ next: total })
    for (const sql of Object.values(wanted))
      expect((await duckdb(`select count(*) > 6 as some from (${sql})`))[0]).to.deep.equal({ some: true })
    expect(lines(folder(), 'counted')).to.deep.equal(
      await duckdb(
        `select shop, len(items)::integer as items, cardinality(prices)::integer as prices from (${made}) where n >= ${inHistory} order by n`,
      ),
    )
  })

  for (const state of ['customer', 'items', 'prices'] as const) {
    it(`are exported as they are: ${state}`, async () => {
      for (const format of ['parquet', 'ndjson']) {
        const to = join(folder(), `${state}.${format}`)
        await exportState(await newest(folder()), 'shops', state, { to })
        const read =
          format === 'parquet'
            ? `select * exclude (key_group) from '${to}'`
            : `select * from read_json('${to}', format = 'newline_delimited', columns = ${columns[state]})`
        expect(await differences(read, wanted[state]), format).to.deep.equal([])
      }
    })

    it(`are scanned as they are: ${state}`, async () => {
      const savepoint = await newest(folder())
      const { table } = findState(savepoint, 'shops', state)
      const types = new Map(entryFields(table).map(({ name, type }) => [name, type]))
      const out: string[] = []
      for await (const row of scan(savepoint, 'shops', state))
        out.push(
          jsonText(
            Object.fromEntries(
              Object.entries(row).map(([name, each]) => [name, valueToJson(types.get(name)!, each)]),
            ),
          ),
        )
      const file = join(folder(), `${state}-scan.ndjson`)
      writeFileSync(file, out.join('\n'))
      const read = `select * from read_json('${file}', format = 'newline_delimited', columns = ${columns[state]})`
      expect(await differences(read, wanted[state])).to.deep.equal([])
    })
  }

  it('are asked in SQL, within and across states', async () => {
    const sql = (items: string, prices: string): string =>
      `select shop, sum(items.amount)::varchar as amount, sum(len(items.sizes))::integer as sizes, max(p.prices) as price
       from (${items}) join (select shop, max(prices) as prices from (${prices}) group by shop) p using (shop) group by shop order by shop`
    const found = await query(
      join(folder(), 'checkpoints'),
      sql('from "shops.items"', 'from "shops.prices"'),
      { cacheFolder: join(folder(), 'cache') },
    )
    const rows: unknown[] = []
    for await (const some of found.rows())
      rows.push(...some.map(row => Object.fromEntries(row.map((each, i) => [found.columns[i]!, each]))))
    expect(rows).to.deep.equal(await duckdb(sql(wanted.items, wanted.prices)))
  })
})
