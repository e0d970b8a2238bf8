/** Bounded runs over real data, against what DuckDB computed of it. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { bootstrap, job, list, parquet, source, t, value } from 'headwater'
import { valueReader } from '../../src/codec/column-reader.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { tempFolders } from '../temp-folder.ts'

const lines = source('lines', {
  schema: {
    InvoiceNo: t.string(),
    Quantity: t.int32(),
    CustomerID: t.optional(t.int32()),
    InvoiceDate: t.timestamp('ms'),
  },
  eventTime: 'InvoiceDate',
  badRecords: 'skip',
})

const retail = job('retail-totals')
  .from(lines)
  .keyBy('CustomerID')
  .apply('per-customer', {
    state: {
      lines: value(t.safeInt64(), 0),
      qty: value(t.safeInt64(), 0),
      last: value(t.timestamp('ms'), 0),
      invoices: list(t.string()),
    },
    onRecord(line, state) {
      state.lines.set(state.lines.get() + 1)
      state.qty.set(state.qty.get() + line.Quantity)
      state.last.set(Math.max(state.last.get(), line.InvoiceDate))
      if (!state.invoices.get().includes(line.InvoiceNo)) state.invoices.add(line.InvoiceNo)
    },
  })

const flights = source('flights', {
  schema: { date: t.timestamp('ms'), delay: t.safeInt64(), origin: t.string() },
  eventTime: 'date',
})

const delays = job('flights')
  .from(flights)
  .keyBy('origin')
  .apply('per-origin', {
    state: {
      count: value(t.safeInt64(), 0),
      sum: value(t.safeInt64(), 0),
      min: value(t.safeInt64()),
      max: value(t.safeInt64()),
      last: value(t.timestamp('ms'), 0),
    },
    onRecord({ delay, date }, { count, sum, min, max, last }) {
      count.set(count.get() + 1)
      sum.set(sum.get() + delay)
      min.set(Math.min(min.get() ?? delay, delay))
      max.set(Math.max(max.get() ?? delay, delay))
      last.set(Math.max(last.get(), date))
    },
  })

/** Key → value of each value state; key → number of elements of lists. */
async function statesByKey(savepoint: Savepoint, uid: string, states: readonly string[]): Promise<string[]> {
  const byKey = new Map<unknown, unknown[]>()
  for (const [column, state] of states.entries()) {
    for await (const rows of scanState(savepoint, uid, state)) {
      const key = valueReader(rows.keys[0]!)
      const read = valueReader(rows.value)
      for (let row = 0; row < rows.length; row++) {
        const values = byKey.get(key(row)) ?? []
        values[column] = rows.index === null ? read(row) : rows.index[row]! + 1
        byKey.set(key(row), values)
      }
    }
  }
  return [...byKey].map(([key, values]) => [key, ...values].join('|'))
}

/** md5 of the lines in byte order, each ended by LF: how the answers were hashed. */
function md5OfSorted(rows: readonly string[]): string {
  const sorted = rows.map(row => Buffer.from(row)).sort((a, b) => Buffer.compare(a, b))
  const hash = createHash('md5')
  for (const row of sorted) hash.update(row).update('\n')
  return hash.digest('hex')
}

describe('bounded runs over real data', () => {
  const newFolder = tempFolders()

  it('customer totals of online retail are those of DuckDB', async () => {
    const folder = newFolder()
    const history = { lines: parquet('fixtures/online-retail') }
    const savepoint = await bootstrap(retail, { history, into: join(folder, 'savepoint') })
    const rows = await statesByKey(savepoint, 'per-customer', ['lines', 'qty', 'invoices', 'last'])
    expect(rows).to.have.length(4372)
    expect(md5OfSorted(rows)).to.equal('12f2f26087c2e71d82f52ddea79696b1')
    expect(savepoint.manifest.counts.sources[0]).to.include({ rows: 406_829, bad: 135_080, late: 0 })
  })

  it('at the end of November they are those of DuckDB at that cut', async () => {
    const folder = newFolder()
    const history = {
      lines: parquet([
        'fixtures/online-retail/month=2010-*/*.parquet',
        'fixtures/online-retail/month=2011-{0?,10,11}/*.parquet',
      ]),
    }
    const savepoint = await bootstrap(retail, { history, into: join(folder, 'savepoint') })
    const rows = await statesByKey(savepoint, 'per-customer', ['lines', 'qty', 'invoices', 'last'])
    expect(md5OfSorted(rows)).to.equal('ab1fcc88c1d8bd85e4643dd941549a4f')
  })

  it('delays of 3 M flights by origin are those of DuckDB', async () => {
    const folder = newFolder()
    const history = { flights: parquet('node_modules/vega-datasets/data/flights-3m.parquet') }
    const savepoint = await bootstrap(delays, { history, into: join(folder, 'savepoint') })
    const rows = await statesByKey(savepoint, 'per-origin', ['count', 'sum', 'min', 'max', 'last'])
    expect(rows).to.have.length(229)
    expect(md5OfSorted(rows)).to.equal('78554398d2c7805913dfb6d6c7ba4616')
  })
})
