import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { t, typeName, type Type } from '../../../src/record/type.ts'
import { writeBatches } from '../../../src/source/parquet/batch-writer.ts'
import { nestedTypes, valuesOf } from '../../codec/arbitraries.ts'
import { columnOf, difference } from '../../codec/columns.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
import { rowsOf } from './reading.ts'

describe('nested columns of Parquet files', () => {
  const makeFolder = tempFolders()

  it('are read as DuckDB wrote them', async () => {
    const file = join(makeFolder(), 'duck.parquet')
    await duckdb(`COPY (SELECT * FROM (VALUES
      ({'name': 'Ada', 'price': 12.30::DECIMAL(10,2)}, [1, NULL, 3], MAP {'b': 1.5::DOUBLE, 'a': 2.5::DOUBLE}, 1.25::DECIMAL(38,4)),
      ({'name': NULL, 'price': -0.01::DECIMAL(10,2)}, [], MAP {}::MAP(VARCHAR, DOUBLE), -99.0::DECIMAL(38,4)),
      (NULL, NULL, NULL, NULL)) AS rows(person, list, scores, big)) TO '${file}' (FORMAT parquet)`)
    const schema = {
      scores: t.optional(t.map(t.string(), t.float64())),
      person: t.optional(t.struct({ price: t.decimal(12, 3), name: t.optional(t.string()) })),
      list: t.optional(t.list(t.optional(t.int64()))),
      big: t.optional(t.decimal(38, 4)),
    }
    const rows = await rowsOf(file, schema)
    const scores = new Map([
      ['a', 2.5],
      ['b', 1.5],
    ])
    const expected = [
      [scores, { price: '12.300', name: 'Ada' }, [1n, null, 3n], '1.2500'],
      [new Map(), { price: '-0.010', name: null }, [], '-99.0000'],
      [null, null, null, null],
    ]
    expect(difference(rows, expected)).to.equal(null)
    expect([...(rows[0]![0] as Map<string, number>).keys()]).to.deep.equal(['a', 'b'])
  })

  const refused: [string, string, Type<unknown>, string, string][] = [
    ['a null in a list', '[1, NULL]', t.list(t.int32()), 'inexact-value', 'null'],
    ['a number in a list', '[1, 300]', t.list(t.int8()), 'inexact-value', '300'],
    [
      'a part of a struct',
      `{'a': 1.005::DECIMAL(5,3)}`,
      t.struct({ a: t.decimal(5, 2) }),
      'inexact-value',
      '1.005',
    ],
    ['too many digits', '123.4::DECIMAL(5,1)', t.decimal(3, 1), 'inexact-value', '123.4'],
    ['another kind', '[1]', t.struct({ a: t.int32() }), 'column-type', 'list(int32)'],
    ['another element', `['x']`, t.list(t.int32()), 'column-type', 'list(string)'],
    ['a missing field', `{'a': 1}`, t.struct({ b: t.int32() }), 'column-type', 'struct(a: int32)'],
  ]
  for (const [what, sql, type, code, found] of refused) {
    it(`are refused for ${what}: ${typeName(type.spec)}`, async () => {
      const folder = makeFolder()
      await duckdb(`COPY (SELECT ${sql} AS x) TO '${join(folder, 'x.parquet')}' (FORMAT parquet)`)
      const kind = code.includes('type') ? 'invalid' : 'data'
      const error = await rejects(rowsOf(join(folder, 'x.parquet'), { x: type }), kind, code)
      expect(error.found).to.equal(found)
    })
  }

  it('come back as they were written, whatever they are', async () => {
    const types = nestedTypes.flatMap(of => [of, { kind: 'optional', of } as const])
    const fields = types.map((type, i) => ({ name: `f${i}`, type }))
    const [lists] = fc.sample(
      fc.tuple(...types.map(type => fc.array(valuesOf(type), { minLength: 40, maxLength: 40 }))),
      1,
    )
    const folder = makeFolder()
    await writeBatches(join(folder, 'x.parquet'), fields, [
      types.map((type, i) => columnOf(type, lists![i]!)),
    ])
    const rows = await rowsOf(
      join(folder, 'x.parquet'),
      Object.fromEntries(fields.map(({ name, type }) => [name, { spec: type }])),
    )
    for (const [i, list] of lists!.entries()) {
      const found = rows.map(row => row[i])
      expect(difference(found, list), typeName(types[i]!)).to.equal(null)
    }
  })
})
