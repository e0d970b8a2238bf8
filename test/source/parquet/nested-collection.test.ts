// Nested columns of Apache's collection have the values that DuckDB reads; what is refused of them, and why.
import { expect } from 'chai'
import { join } from 'node:path'
import { jsonText } from '../../../src/codec/json-text.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { footerOf, naturalFields } from './natural-fields.ts'
import { rowsOf } from './reading.ts'

const data = join(import.meta.dirname, '../../../fixtures/parquet-testing/data')

/** As DuckDB has its values in JSON: 64-bit numbers as text, a map as a list of its entries, in the order of their keys. */
function asDuckDb(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map)
    return inOrder([...value].map(([key, each]) => ({ key: asDuckDb(key), value: asDuckDb(each) })))
  if (Array.isArray(value)) return value.map(asDuckDb)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asDuckDb(each)]))
}

/** Maps of DuckDB have the order of the file. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return inOrder(value.map(ordered))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, ordered(each)]))
}

function inOrder(list: readonly unknown[]): readonly unknown[] {
  const isMap = list.every(
    each => typeof each === 'object' && each !== null && Object.keys(each).join() === 'key,value',
  )
  return isMap ? list.toSorted((a, b) => (jsonText(a) < jsonText(b) ? -1 : 1)) : list
}

describe(`nested columns of Apache's collection`, () => {
  for (const name of [
    'list_columns',
    'nested_lists.snappy',
    'nested_maps.snappy',
    'old_list_structure',
    'nulls.snappy',
    'nullable.impala',
    'nonnullable.impala',
  ]) {
    it(`are those that DuckDB reads: ${name}`, async () => {
      const path = join(data, `${name}.parquet`)
      const fields = naturalFields(await footerOf(path))
      const found = await rowsOf(
        path,
        Object.fromEntries(fields.map(({ name: field, type }) => [field, { spec: type }])),
      )
      const expected = await duckdb(
        `select ${fields.map(field => `"${field.name}"`).join(', ')} from '${path}'`,
      )
      expect(fields).to.not.have.length(0)
      expect(found.map(row => row.map(asDuckDb).map(ordered))).to.deep.equal(
        expected.map(row => Object.values(row).map(ordered)),
      )
    })
  }

  it('nested_structs.rust: all columns but one, whose times are nanoseconds that are called µs: the year 52951 is no safe integer', async () => {
    const path = join(data, 'nested_structs.rust.parquet')
    const all = naturalFields(await footerOf(path))
    const schema = (fields: typeof all) =>
      Object.fromEntries(fields.map(({ name, type }) => [name, { spec: type }]))
    const refused = 'ul_observation_date'
    const rest = all.filter(({ name }) => name !== refused)
    const [found] = await rowsOf(path, schema(rest))
    const [expected] = await duckdb(`select * exclude (${refused}) from '${path}'`)
    expect(found!.map(asDuckDb)).to.deep.equal(Object.values(expected!))

    const error = await rejects(
      rowsOf(path, schema(all.filter(({ name }) => name === refused))),
      'data',
      'inexact-value',
    )
    expect(error.message).to.contain(refused)
    const [times] = await duckdb(`select epoch_us(${refused}.min)::varchar as min from '${path}'`)
    expect(BigInt(times!['min'] as string) > BigInt(Number.MAX_SAFE_INTEGER)).to.equal(true)
  })
})
