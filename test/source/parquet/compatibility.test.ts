import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { t } from '../../../src/record/type.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { outcomesOf } from './outcomes.ts'
import { footerOf, naturalFields } from './natural-fields.ts'
import { batchesOf, planOf, rowsOf } from './reading.ts'

const collection = join(import.meta.dirname, '../../../fixtures/parquet-testing')

interface Expectation {
  readonly file: string
  readonly rows: number | null
}

const expectations = JSON.parse(readFileSync(join(collection, 'expectations.json'), 'utf8')) as Expectation[]

// What is refused in Apache's collection, and how. Everything else has as many rows as its expectation says.
const refused: Record<string, string> = {
  'data/dict-page-offset-zero.parquet': 'data corrupt-file',
  'data/int96_from_spark.parquet': 'data inexact-value', // the year 9999 in µs is no safe integer
  'data/nation.dict-malformed.parquet': 'data corrupt-file',
  'data/repeated_no_annotation.parquet': 'data corrupt-file', // its footer says 0 rows, its row group 6
  'bad_data/ARROW-GH-41317.parquet': 'data corrupt-file',
  'bad_data/ARROW-GH-41321.parquet': 'data corrupt-file',
  'bad_data/ARROW-GH-47662.parquet': 'data corrupt-file',
  'bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet': 'data corrupt-file',
  'bad_data/PARQUET-1481.parquet': 'data corrupt-file',
  'data/encrypt_columns_plaintext_footer.parquet.encrypted': 'data corrupt-file',
}

describe(`Apache's collection of Parquet files`, () => {
  it('is read to the expected rows or refused with an error of ours, file by file', async () => {
    const files = expectations.map(({ file }) => file)
    const outcomes = await outcomesOf(files, collection, 20_000)
    const expected = expectations.map(({ file, rows }) => {
      const encrypted = file.endsWith('.encrypted') ? 'data encrypted-file' : null
      return [file, refused[file] ?? encrypted ?? rows]
    })
    expect([...outcomes]).to.deep.equal(expected)
  })

  it('has an expectation for each of its files', () => {
    const files = readdirSync(collection, { recursive: true, encoding: 'utf8' })
    expect(files.filter(file => /\.parquet/.test(file)).sort()).to.deep.equal(
      expectations.map(({ file }) => file).sort(),
    )
  })

  it('has the values that DuckDB reads, for every column type of ours', async () => {
    const files = [
      'alltypes_plain.parquet',
      'alltypes_tiny_pages.parquet',
      'alltypes_tiny_pages_plain.parquet',
      'delta_binary_packed.parquet',
      'delta_byte_array.parquet',
      'delta_encoding_optional_column.parquet',
      'byte_stream_split.zstd.parquet',
      'concatenated_gzip_members.parquet',
      'lz4_raw_compressed_larger.parquet',
      'fixed_length_byte_array.parquet',
      'int32_with_null_pages.parquet',
      'rle_boolean_encoding.parquet',
      'unknown-logical-type.parquet',
    ]
    for (const file of files) {
      const path = join(collection, 'data', file)
      const fields = naturalFields(await footerOf(path))
      const schema = Object.fromEntries(fields.map(({ name, type }) => [name, { spec: type }]))
      const found = await rowsOf(path, schema)
      const columns = fields.map(({ name, type }) =>
        textSql(name, type.kind === 'optional' ? type.of.kind : ''),
      )
      const expected = await duckdb(`SELECT ${columns.join(', ')} FROM '${path}'`)
      const first = found.findIndex(
        (row, i) => row.map(text).join('|') !== Object.values(expected[i]!).join('|'),
      )
      if (first >= 0) {
        expect(found[first]?.map(text), `${file} row ${first}`).to.deep.equal(Object.values(expected[first]!))
      }
      expect(found.length, file).to.equal(expected.length)
    }
  })

  it('has nested columns, which are refused by name', async () => {
    const list = planOf(join(collection, 'data/list_columns.parquet'), { int64_list: t.int64() })
    expect((await rejects(list, 'invalid', 'column-type')).found).to.equal('list')
    const decimal = planOf(join(collection, 'data/int32_decimal.parquet'), { value: t.float64() })
    expect((await rejects(decimal, 'invalid', 'column-type')).found).to.equal('decimal(4,2)')
  })

  it('does not stand in the way of the next file after a trap', async () => {
    const trap = await planOf(join(collection, 'data/nation.dict-malformed.parquet'), { name: t.bytes() })
    const good = await planOf(join(collection, 'data/binary.parquet'), { foo: t.bytes() })
    const [failed, read] = await Promise.allSettled([batchesOf(trap), batchesOf(good)])
    expect(failed).to.include({ status: 'rejected' })
    expect(failed).to.have.nested.include({ 'reason.kind': 'data', 'reason.code': 'corrupt-file' })
    expect(failed)
      .to.have.nested.property('reason.thing')
      .that.match(/nation\.dict-malformed\.parquet row group 0$/)
    expect(read).to.include({ status: 'fulfilled' })
    expect((await batchesOf(good))[0]?.batch.length).to.equal(12)
  })
})

/** A value as text that DuckDB can make too. */
function text(value: unknown): unknown {
  if (value === null) return null
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex').toUpperCase()
  return `${value as number}`
}

function textSql(name: string, kind: string): string {
  const column = `"${name}"`
  switch (kind) {
    case 'bytes':
      return `hex(${column}::BLOB) AS ${column}`
    case 'timestamp':
      return `epoch_us(${column})::VARCHAR AS ${column}`
    case 'date':
      return `(${column} - DATE '1970-01-01')::VARCHAR AS ${column}`
    case 'float32':
    case 'float64':
      return `${column}::DOUBLE AS ${column}`
    default:
      return `${column}::VARCHAR AS ${column}`
  }
}
