import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { fieldsOf } from '../../../src/record/record.ts'
import { t } from '../../../src/record/type.ts'
import { writeBatches } from '../../../src/source/parquet/batch-writer.ts'
import { writeRows } from '../../../src/source/parquet/rows-writer.ts'
import { columnOf } from '../../codec/columns.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { planOf, rowsOf } from './reading.ts'

const schema = {
  b: t.bool(),
  i8: t.int8(),
  i16: t.int16(),
  i32: t.int32(),
  i64: t.int64(),
  safe: t.safeInt64(),
  f32: t.float32(),
  f64: t.float64(),
  s: t.string(),
  y: t.bytes(),
  d: t.date(),
  ms: t.timestamp('ms'),
  us: t.timestamp('us'),
  e: t.enum('a', 'b'),
  none: t.optional(t.int32()),
  some: t.optional(t.string()),
}
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const rows = [
  [
    true,
    -128,
    -32768,
    -(2 ** 31),
    -(2n ** 52n),
    -(2 ** 53) + 1,
    0.5,
    1e300,
    'ä𝄞',
    bytes(0, 255),
    -1,
    -1,
    1,
    'b',
    null,
    null,
  ],
  [
    false,
    127,
    32767,
    2 ** 31 - 1,
    2n ** 52n,
    2 ** 53 - 1,
    -0.25,
    -1e-300,
    '',
    bytes(),
    20_000,
    1e12,
    1e15,
    'a',
    7,
    'x',
  ],
]
const fields = fieldsOf(schema)
const record = (row: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ name }, i) => [name, row[i]]))

describe('writing Parquet', () => {
  const tempFolder = tempFolders()
  const columns = (list: readonly (readonly unknown[])[]) =>
    fields.map(({ type }, i) =>
      columnOf(
        type,
        list.map(row => row[i]),
      ),
    )

  async function types(path: string): Promise<unknown> {
    const described = await duckdb(`DESCRIBE SELECT * FROM '${path}'`)
    return Object.fromEntries(described.map(column => [column['column_name'], column['column_type']]))
  }

  const duckdbTypes = {
    b: 'BOOLEAN',
    i8: 'TINYINT',
    i16: 'SMALLINT',
    i32: 'INTEGER',
    i64: 'BIGINT',
    safe: 'BIGINT',
    f32: 'FLOAT',
    f64: 'DOUBLE',
    s: 'VARCHAR',
    y: 'BLOB',
    d: 'DATE',
    e: 'VARCHAR',
    none: 'INTEGER',
    some: 'VARCHAR',
  }

  it('of rows gives every type to another engine and back to us', async () => {
    const path = join(tempFolder(), 'a.parquet')
    await writeRows(path, fields, rows.map(record))
    expect(await types(path)).to.deep.equal({ ...duckdbTypes, ms: 'TIMESTAMP', us: 'TIMESTAMP' })
    expect(await rowsOf(path, schema)).to.deep.equal(rows)
    expect(
      await duckdb(`SELECT epoch_ms(ms) AS ms, epoch_us(us) AS us, d::VARCHAR AS d FROM '${path}'`),
    ).to.deep.equal([
      { ms: '-1', us: '1', d: '1969-12-31' },
      { ms: '1000000000000', us: '1000000000000000', d: '2024-10-04' },
    ])
  })

  it('of columns gives every type to another engine and back to us, timestamps as instants', async () => {
    const path = join(tempFolder(), 'a.parquet')
    const all = { ...schema, ns: t.timestamp('ns') }
    const extremes = [2n ** 63n - 1n, -(2n ** 63n) + 1n]
    const more = rows.map((row, i) => [...row, extremes[i]])
    const metadata = new Map([['origin', 'tëst']])
    const list = fieldsOf(all).map(({ type }, i) =>
      columnOf(
        type,
        more.map(row => row[i]),
      ),
    )
    await writeBatches(path, fieldsOf(all), [list, list], { metadata })
    const instant = 'TIMESTAMP WITH TIME ZONE'
    expect(await types(path)).to.deep.equal({ ...duckdbTypes, ms: instant, us: instant, ns: instant })
    expect(await rowsOf(path, all)).to.deep.equal([...more, ...more])
    expect(
      await duckdb(`SELECT epoch_ms(ms) AS ms, epoch_us(us) AS us, d::VARCHAR AS d FROM '${path}' LIMIT 1`),
    ).to.deep.equal([{ ms: '-1', us: '1', d: '1969-12-31' }])
    const kept = await duckdb(
      `SELECT decode(value) AS value FROM parquet_kv_metadata('${path}') WHERE decode(key) = 'origin'`,
    )
    expect(kept).to.deep.equal([{ value: 'tëst' }])
  })

  it('of columns keeps what floats can be', async () => {
    const path = join(tempFolder(), 'a.parquet')
    const floats = [-0, 0, NaN, Infinity, -Infinity, 5e-324]
    await writeBatches(path, fieldsOf({ f: t.float64() }), [[columnOf(t.float64().spec, floats)]])
    const found = (await rowsOf(path, { f: t.float64() })).flat()
    expect(found.map(value => Object.is(value, -0))).to.deep.equal(floats.map(value => Object.is(value, -0)))
    expect(found).to.deep.equal(floats)
  })

  it('of columns makes row groups that are read one by one', async () => {
    const path = join(tempFolder(), 'a.parquet')
    const count = 300_000
    const numbers = columnOf(
      t.int32().spec,
      Array.from({ length: count }, (_, i) => i),
    )
    await writeBatches(path, fieldsOf({ n: t.int32() }), [[numbers]])
    const groups = await duckdb(
      `SELECT row_group_num_rows AS n, compression FROM parquet_metadata('${path}')`,
    )
    expect(groups).to.deep.equal(['131072', '131072', '37856'].map(n => ({ n, compression: 'ZSTD' })))
    expect(await duckdb(`SELECT sum(n)::BIGINT AS sum FROM '${path}'`)).to.deep.equal([
      { sum: String((count * (count - 1)) / 2) },
    ])
  })

  it('works without rows', async () => {
    const folder = tempFolder()
    await writeRows(join(folder, 'r.parquet'), fields, [])
    await writeBatches(join(folder, 'b.parquet'), fields, [])
    await writeBatches(join(folder, 'c.parquet'), fields, [columns([])])
    for (const name of ['r', 'b', 'c']) {
      const plan = await planOf(join(folder, `${name}.parquet`), schema)
      expect(plan.rows).to.equal(0)
      expect(await rowsOf(join(folder, `${name}.parquet`), schema)).to.deep.equal([])
    }
  })

  it('never writes over a file, and leaves nothing behind', async () => {
    const folder = tempFolder()
    const path = join(folder, 'a.parquet')
    writeFileSync(path, 'mine')
    await rejects(writeRows(path, fields, rows.map(record)), 'conflict', 'file-exists')
    await rejects(writeBatches(path, fields, [columns(rows)]), 'conflict', 'file-exists')
    expect(readdirSync(folder)).to.deep.equal(['a.parquet'])
    await rejects(
      writeBatches(join(folder, 'no/a.parquet'), fields, [columns(rows)]),
      'unavailable',
      'write-failed',
    )
    mkdirSync(join(folder, 'no'))
    await writeBatches(join(folder, 'no/a.parquet'), fields, [columns(rows)])
    expect(readdirSync(join(folder, 'no'))).to.deep.equal(['a.parquet'])
  })

  it('of rows refuses what its writer would change', async () => {
    const folder = tempFolder()
    const write = (type: Parameters<typeof fieldsOf>[0][string], value: unknown): Promise<void> =>
      writeRows(join(folder, 'a.parquet'), fieldsOf({ v: type }), [{ v: value }])
    await rejects(write(t.float64(), NaN), 'data', 'unwritable-value')
    await rejects(write(t.float64(), -0), 'data', 'unwritable-value')
    await rejects(write(t.int64(), 2n ** 53n), 'data', 'unwritable-value')
    await rejects(write(t.timestamp('us'), -1), 'data', 'unwritable-value')
    await rejects(write(t.timestamp('ns'), 1n), 'invalid', 'unwritable-type')
    const error = await rejects(write(t.int8(), 200), 'data', 'wrong-type')
    expect(error.thing).to.contain(`row 0: column 'v'`)
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('of an archive says what it covers', async () => {
    const folder = tempFolder()
    const path = join(folder, 'a.parquet')
    const coverage = { logId: 'log-1', partition: 2, first: 5, next: 9 }
    const write = (text: string): Promise<void> =>
      writeBatches(path, [{ name: 'n', type: { kind: 'int32' } }], [], {
        metadata: new Map([['headwater.coverage', text]]),
      })
    await write(JSON.stringify(coverage))
    const [file] = (await planOf(path, {})).files
    expect(file?.coverage).to.deep.equal(coverage)
    for (const [i, bad] of [
      '{',
      '{}',
      'null',
      JSON.stringify({ ...coverage, next: 4 }),
      JSON.stringify({ ...coverage, first: 0.5 }),
    ].entries()) {
      const other = join(folder, `bad-${i}.parquet`)
      await writeBatches(other, [{ name: 'n', type: { kind: 'int32' } }], [], {
        metadata: new Map([['headwater.coverage', bad]]),
      })
      await rejects(planOf(other, {}), 'data', 'bad-coverage')
    }
  })
})
