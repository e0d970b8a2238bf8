import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { expect } from 'chai'
import { Table, writeParquet } from 'parquet-wasm'
import { t } from '../../../src/record/type.ts'
import { duckdb } from '../../duckdb.ts'
import { rejects } from '../../rejects.ts'
import { tempFolders } from '../../temp-folder.ts'
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
  'data/large_string_map.brotli.parquet': 'data corrupt-file', // more than 2 GiB in one column
  'data/nested_structs.rust.parquet': 'data inexact-value', // the year 52951 in µs (nested-collection.test.ts)
  'bad_data/ARROW-GH-45185.parquet': 'data corrupt-file',
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
    expect((await rejects(list, 'invalid', 'column-type')).found).to.equal('list(int64)')
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

describe('files of other writers', () => {
  const tempFolder = tempFolders()

  it('may say by an Arrow schema of their own that a column is a dictionary, or its text large, or a number a date', async () => {
    const path = join(tempFolder(), 'a.parquet')
    const words = ['a', 'b', null, 'a', 'ü']
    const dictionary = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int16())
    const table = new arrow.Table({
      word: arrow.vectorFromArray(words, dictionary),
      large: arrow.vectorFromArray(words, new arrow.LargeUtf8()),
      u8: arrow.vectorFromArray([0, 255, null, 1, 2], new arrow.Uint8()),
      day: arrow.vectorFromArray(
        [0, 86_400_000, null, -86_400_000, 0].map(dateOf),
        new arrow.DateMillisecond(),
      ),
    })
    writeFileSync(path, writeParquet(Table.fromIPCStream(arrow.tableToIPC(table, 'stream'))))
    const schema = {
      word: t.optional(t.enum('a', 'b', 'ü')),
      large: t.optional(t.string()),
      u8: t.optional(t.int16()),
      day: t.optional(t.safeInt64()), // what its Parquet type says: milliseconds
    }
    expect(await rowsOf(path, schema)).to.deep.equal([
      ['a', 'a', 0, 0],
      ['b', 'b', 255, 86_400_000],
      [null, null, null, null],
      ['a', 'a', 1, -86_400_000],
      ['ü', 'ü', 2, 0],
    ])
  })

  const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

  it('may give two columns one name, which only matters to who wants it', async () => {
    const path = join(tempFolder(), 'a.parquet')
    await duckdb(`COPY (SELECT 1 AS twin1, 2 AS b, 3 AS twin2) TO '${path}' (FORMAT parquet)`)
    const bytes = readFileSync(path)
    for (let at = bytes.indexOf('twin2'); at >= 0; at = bytes.indexOf('twin2')) bytes.write('twin1', at)
    writeFileSync(path, bytes)
    const error = await rejects(planOf(path, { twin1: t.int32() }), 'data', 'duplicate-column')
    expect(error.thing).to.equal(`${path}: column 'twin1'`)
    expect(await rowsOf(path, { b: t.int32() })).to.deep.equal([[2]])
  })

  it('may call text JSON or an enum', async () => {
    const path = join(tempFolder(), 'a.parquet')
    await duckdb(`COPY (SELECT '{"ü":1}'::JSON AS j, 'b'::ENUM('a', 'b') AS e) TO '${path}' (FORMAT parquet)`)
    expect(await rowsOf(path, { j: t.string(), e: t.enum('a', 'b') })).to.deep.equal([['{"ü":1}', 'b']])
  })

  it('may hold text that is no UTF-8, which is refused', async () => {
    const path = join(tempFolder(), 'a.parquet')
    await duckdb(`COPY (SELECT 'TRELxTRELx' AS s) TO '${path}' (FORMAT parquet, COMPRESSION uncompressed)`)
    const bytes = readFileSync(path)
    const at = bytes.indexOf('TRELxTRELx')
    for (let found = at; found >= 0; found = bytes.indexOf('TRELxTRELx', found + 1)) bytes[found + 4] = 0xc3
    writeFileSync(path, bytes)
    await rejects(rowsOf(path, { s: t.string() }), 'data', 'corrupt-file')
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
