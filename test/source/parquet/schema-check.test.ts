import { join } from 'node:path'
import { expect } from 'chai'
import type { HeadwaterError } from '../../../src/errors.ts'
import { t } from '../../../src/record/type.ts'
import type { Schema } from '../../../src/record/record.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { batchesOf, planOf, rowsOf } from './reading.ts'

describe('the schema of a history', () => {
  const tempFolder = tempFolders()

  /** Writes files with DuckDB: name → select list. */
  async function filesWith(selects: Record<string, string>): Promise<string> {
    const cwd = tempFolder()
    for (const [name, select] of Object.entries(selects)) {
      await duckdb(`COPY (SELECT ${select}) TO '${join(cwd, name)}' (FORMAT parquet)`)
    }
    return cwd
  }

  it('is checked in every file before a row is read', async () => {
    const cwd = await filesWith({ 'a.parquet': '1 AS n', 'b.parquet': '1 AS m', 'c.parquet': `'x' AS n` })
    const missing = await rejects(planOf('*.parquet', { n: t.int32() }, { cwd }), 'invalid', 'missing-column')
    expect(missing.thing).to.equal(`b.parquet: column 'n'`)
    expect(missing.message).to.contain('expected int32, found only m').and.to.contain('columns: { n:')
    const type = await rejects(
      planOf(['a.parquet', 'c.parquet'], { n: t.int32() }, { cwd }),
      'invalid',
      'column-type',
    )
    expect(type.thing).to.equal(`c.parquet: column 'n'`)
    expect(type.message).to.contain(`expected int32 (field 'n'), found string; declare t.string()`)
  })

  it('takes a type of a file only where values can be exact', async () => {
    const columns = {
      b: 'true',
      i8: '1::TINYINT',
      u8: '2::UTINYINT',
      i16: '3::SMALLINT',
      u16: '4::USMALLINT',
      i32: '5::INTEGER',
      u32: '6::UINTEGER',
      i64: '7::BIGINT',
      u64: '8::UBIGINT',
      f32: '9::FLOAT',
      f64: '10::DOUBLE',
      s: `'x'`,
      y: `'x'::BLOB`,
      d: `DATE '1970-01-02'`,
      tms: `TIMESTAMP_MS '1970-01-01 00:00:01'`,
      tus: `TIMESTAMP '1970-01-01 00:00:01'`,
      tns: `TIMESTAMP_NS '1970-01-01 00:00:01'`,
      tz: `TIMESTAMPTZ '1970-01-01 00:00:01+00'`,
      dec: '1.5::DECIMAL(4,2)',
      tod: `TIME '01:00:00'`,
      list: '[1, 2]',
      struct: '{a: 1}',
      uuid: 'uuid()',
    }
    const list = Object.entries(columns).map(([name, sql]) => `${sql} AS ${name}`)
    const cwd = await filesWith({ 'a.parquet': list.join(', ') })
    const ints = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'i64', 'u64']
    const times = ['tms', 'tus', 'tns', 'tz']
    const expected: [Schema[string], string[]][] = [
      [t.bool(), ['b']],
      [t.int8(), ints],
      [t.int16(), ints],
      [t.int32(), ints],
      [t.int64(), ints],
      [t.safeInt64(), ints],
      [t.float32(), ['f32']],
      [t.float64(), [...ints, 'f32', 'f64']],
      [t.string(), ['s']],
      [t.enum('x'), ['s']],
      [t.bytes(), ['y', 'uuid']],
      [t.date(), ['d']],
      [t.timestamp('ms'), times],
      [t.timestamp('us'), times],
      [t.timestamp('ns'), times],
    ]
    for (const [type, taken] of expected) {
      const found: string[] = []
      for (const name of Object.keys(columns)) {
        await planOf('a.parquet', { [name]: type }, { cwd }).then(
          () => found.push(name),
          (error: HeadwaterError) => expect(error.code, error.message).to.equal('column-type'),
        )
      }
      expect(found.sort(), JSON.stringify(type.spec)).to.deep.equal([...taken].sort())
    }
    const rows = await rowsOf(
      'a.parquet',
      { u64: t.int8(), i8: t.int64(), tns: t.timestamp('ms'), f32: t.float64() },
      { cwd },
    )
    expect(rows).to.deep.equal([[8, 1n, 1000, 9]])
  })

  it('refuses text that the file does not call text, and says what to do', async () => {
    const cwd = await filesWith({ 'a.parquet': `'x'::BLOB AS s` })
    const error = await rejects(planOf('a.parquet', { s: t.string() }, { cwd }), 'invalid', 'column-type')
    expect(error.message).to.contain('found bytes (no UTF-8 annotation); declare t.bytes(), or write')
  })

  it('has a number that is a time mended in the file: declared as a number it would be no time', async () => {
    const cwd = await filesWith({ 'a.parquet': '1::BIGINT AS at' })
    const error = await rejects(planOf('a.parquet', { at: t.timestamp('ms') }, { cwd }), 'invalid', 'column-type') // prettier-ignore
    expect(error.remedy).to.contain(
      'a timestamp column, as headwater archive --job JOB does, or declare t.int64()',
    )
  })

  it('names file, row group and row of a value that does not fit', async () => {
    const cwd = tempFolder()
    await duckdb(
      `COPY (SELECT range AS n, epoch_ms(range)::TIMESTAMP + INTERVAL (CASE WHEN range = 3000 THEN 1 ELSE 0 END) MICROSECOND AS at
       FROM range(5000)) TO '${cwd}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    )
    const read = async (schema: Schema): Promise<unknown> =>
      batchesOf(await planOf('a.parquet', schema, { cwd }))
    const narrow = await rejects(read({ n: t.int8() }), 'data', 'inexact-value')
    expect(narrow.thing).to.equal(`a.parquet row group 0 row 128: column 'n'`)
    expect(narrow.message).to.contain('expected int8, found 128')
    const time = await rejects(read({ at: t.timestamp('ms') }), 'data', 'inexact-value')
    expect(time.thing).to.equal(`a.parquet row group 1 row 952: column 'at'`)
    expect(time.found).to.equal('3000001')
  })

  it('knows columns by other names', async () => {
    const cwd = await filesWith({ 'a.parquet': `1 AS "Customer ID", 2 AS n` })
    expect(
      await rowsOf(
        'a.parquet',
        { customer: t.int32(), n: t.int32() },
        { cwd, columns: { customer: 'Customer ID' } },
      ),
    ).to.deep.equal([[1, 2]])
    expect(
      await rowsOf('a.parquet', { a: t.int32(), b: t.int64() }, { cwd, columns: { a: 'n', b: 'n' } }),
    ).to.deep.equal([[2, 2n]])
    const error = await rejects(
      planOf('a.parquet', { n: t.int32() }, { cwd, columns: { m: 'n' } }),
      'invalid',
      'unknown-field',
    )
    expect(error.message).to.contain(`'m'`)
  })

  it('reads columns whose names begin alike or are not ASCII', async () => {
    const cwd = await filesWith({
      'a.parquet': `1 AS é, 2 AS éa, 3 AS a, 4 AS "a.b", {b: 5} AS c, 6 AS "c.b"`,
    })
    const names = ['é', 'éa', 'a', 'a.b', 'c.b']
    const schema = Object.fromEntries(names.map(name => [name, t.int32()]))
    expect(await rowsOf('a.parquet', schema, { cwd })).to.deep.equal([[1, 2, 3, 4, 6]])
    for (const [i, name] of names.entries()) {
      expect(await rowsOf('a.parquet', { [name]: t.int32() }, { cwd }), name).to.deep.equal([
        [[1, 2, 3, 4, 6][i]],
      ])
    }
  })

  it('takes a column from the folders where the file has none', async () => {
    const cwd = tempFolder()
    await duckdb(
      `COPY (SELECT range AS n, CASE WHEN range < 2 THEN DATE '2011-01-31' END AS day, 'a b' AS s FROM range(4))
       TO '${cwd}/h' (FORMAT parquet, PARTITION_BY (day, s))`,
    )
    const schema = { day: t.optional(t.date()), s: t.string(), n: t.int64() }
    const rows = await rowsOf('h', schema, { cwd })
    expect(rows.sort((a, b) => Number(a[2]) - Number(b[2]))).to.deep.equal([
      [15005, 'a b', 0n],
      [15005, 'a b', 1n],
      [null, 'a b', 2n],
      [null, 'a b', 3n],
    ])
    const error = await rejects(planOf('h', { day: t.int32() }, { cwd }), 'data', 'folder-value')
    expect(error.message).to.contain(`column 'day'`).and.to.contain(`'2011-01-31'`)
    await rejects(planOf('h', { s: t.float64() }, { cwd }), 'invalid', 'column-type')
  })

  it('needs no column: rows are counted by the footers', async () => {
    const cwd = await filesWith({ 'a.parquet': 'range AS n FROM range(300000)' })
    const plan = await planOf('*.parquet', {}, { cwd })
    const batches = await batchesOf(plan)
    expect(plan.rows).to.equal(300_000)
    expect(batches.map(batch => [batch.firstRow, batch.batch.length])).to.deep.equal(
      [
        [0, 122_880],
        [0, 122_880],
        [0, 54_240],
      ], // a row group each
    )
  })

  it('refuses the same file under two names', async () => {
    const cwd = await filesWith({ 'a.parquet': '1 AS n' })
    const error = await rejects(
      planOf(['a.parquet', `${cwd}/a.parquet`], { n: t.int32() }, { cwd }),
      'invalid',
      'duplicate-file',
    )
    expect(error.message).to.contain('the same file as')
  })
})
