import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { duckdb } from '../../duckdb.ts'
import { batchesOf, planOf, rowsOf, rowsOfBatch } from './reading.ts'

const retail = join(import.meta.dirname, '../../../fixtures/online-retail')
const flights = join(import.meta.dirname, '../../../node_modules/vega-datasets/data/flights-3m.parquet')

/** A digest of rows, each its values joined: ours and DuckDB's are equal when every value is. */
function digest(lines: Iterable<string>): string {
  const hash = createHash('sha256')
  for (const line of lines) hash.update(line).update('\n')
  return hash.digest('hex')
}

describe('real data', () => {
  it('reads online-retail as DuckDB does, value by value', async () => {
    const rows = await rowsOf(
      'month=2011-0[12]/*.parquet',
      {
        month: t.string(),
        seq: t.safeInt64(),
        InvoiceNo: t.string(),
        Description: t.optional(t.string()),
        Quantity: t.int64(),
        InvoiceDate: t.timestamp('ms'),
        UnitPrice: t.float64(),
        CustomerID: t.optional(t.int64()),
      },
      { cwd: retail },
    )
    const expected = await duckdb(
      `SELECT month, seq, InvoiceNo, Description, Quantity, epoch_ms(InvoiceDate) AS at, UnitPrice, CustomerID
       FROM read_parquet('${retail}/month=2011-0[12]/*.parquet', hive_partitioning = true) ORDER BY seq`,
    )
    expect(rows.length).to.equal(expected.length).and.to.be.greaterThan(60_000)
    const ours = rows.map(row => row.map(value => String(value)).join('|'))
    const theirs = expected.map(row =>
      Object.values(row)
        .map(value => String(value))
        .join('|'),
    )
    expect(ours.slice(0, 3)).to.deep.equal(theirs.slice(0, 3))
    expect(digest(ours)).to.equal(digest(theirs))
  })

  it('gives all months in order, each batch with its place', async () => {
    const plan = await planOf(retail, { seq: t.safeInt64() })
    expect(plan.rows).to.equal(541_909)
    expect(plan.positioned).to.equal(false)
    expect(plan.files.map(file => file.path.split('/').at(-2))).to.deep.equal([
      'month=2010-12',
      ...Array.from({ length: 12 }, (_, i) => `month=2011-${String(i + 1).padStart(2, '0')}`),
    ])
    let next = { file: 0, rowGroup: 0, firstRow: 0 }
    const seqs: string[] = []
    for (const batch of await batchesOf(plan)) {
      if (batch.file > next.file) next = { file: next.file + 1, rowGroup: 0, firstRow: 0 }
      else if (batch.rowGroup > next.rowGroup) next = { ...next, rowGroup: next.rowGroup + 1, firstRow: 0 }
      const { file, rowGroup, firstRow } = batch
      expect({ file, rowGroup, firstRow }).to.deep.equal(next)
      next = { file, rowGroup, firstRow: firstRow + batch.batch.length }
      for (const [seq] of rowsOfBatch(batch)) seqs.push(String(seq))
    }
    const expected = await duckdb(
      `SELECT seq FROM read_parquet([${plan.files.map(file => `'${file.path}'`).join(', ')}])`,
    )
    expect(digest(seqs)).to.equal(digest(expected.map(row => String(row['seq']))))
  })

  it('reads flights (3 M rows, large strings, ZSTD) as DuckDB does', async () => {
    const plan = await planOf(flights, { origin: t.string(), delay: t.int16(), date: t.timestamp('us') })
    // By the code's bytes, so that 3 M texts need not be made.
    const byOrigin = new Map<number, { count: number; sum: number; last: bigint }>()
    for await (const { batch } of plan.read()) {
      const origin = batch.columns.get('origin')!
      const codes = origin.values as Uint8Array
      const delays = batch.columns.get('delay')!.values as Int16Array
      const dates = batch.columns.get('date')!.values as BigInt64Array
      for (let row = 0; row < batch.length; row++) {
        const [at, end] = [origin.offsets![row]!, origin.offsets![row + 1]!]
        if (end - at !== 3) expect.fail(`an origin of ${end - at} bytes`)
        const code = (codes[at]! << 16) | (codes[at + 1]! << 8) | codes[at + 2]!
        const entry = byOrigin.get(code) ?? { count: 0, sum: 0, last: 0n }
        byOrigin.set(code, entry)
        entry.count++
        entry.sum += delays[row]!
        if (dates[row]! > entry.last) entry.last = dates[row]!
      }
    }
    const expected = await duckdb(
      `SELECT origin, count(*)::INTEGER AS count, sum(delay)::INTEGER AS sum, epoch_us(max(date)) AS last
       FROM '${flights}' GROUP BY origin ORDER BY origin`,
    )
    const found = [...byOrigin].map(([code, { count, sum, last }]) => {
      const origin = String.fromCharCode(code >> 16, (code >> 8) & 255, code & 255)
      return { origin, count, sum, last: String(last) }
    })
    expect(found.sort((a, b) => (a.origin < b.origin ? -1 : 1))).to.deep.equal(expected)
  })
})
