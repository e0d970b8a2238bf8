import { readFileSync } from 'node:fs'
import * as arrow from 'apache-arrow'
import { expect } from 'chai'
import fc from 'fast-check'
import { ipcFileWriter, readIpcFile, readIpcStream, toIpcStream } from '../../src/codec/arrow.ts'
import { slice } from '../../src/codec/gather.ts'
import type { ArrowBatches } from '../../src/codec/ipc.ts'
import { storedField, type StoredField } from '../../src/codec/stored-field.ts'
import type { Column } from '../../src/record/column.ts'
import { typeName } from '../../src/record/type.ts'
import { allTypes, valuesOf } from './arbitraries.ts'
import { columnOf, difference, rowsOf } from './columns.ts'

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../fixtures/arrow/${name}`, import.meta.url))

/** As the fixture's expected values are written. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Object.is(value, -0)) return '-0'
  return typeof value === 'bigint' || Number.isInteger(value) ? String(value) : value
}

describe('Arrow bytes of another writer', () => {
  const expected = JSON.parse(fixture('types.expected.json').toString()) as Record<string, unknown[]>
  const stream = readIpcStream(fixture('types.arrows'))
  const file = readIpcFile(fixture('types.arrow'))

  for (const [name, rows] of Object.entries(expected)) {
    it(`read ${name} as they were written, in slices too`, () => {
      const [all, rest] = stream.batches
      expect(rowsOf(all!.columns.get(name)!).map(plain)).to.deep.equal(rows)
      expect(rowsOf(rest!.columns.get(name)!).map(plain)).to.deep.equal(rows.slice(1))
      expect(rowsOf(file.batches[0]!.columns.get(name)!).map(plain)).to.deep.equal(rows)
    })
  }

  it('name the schema type of each field', () => {
    const types = stream.fields.map(({ name, type, nullable }) => [name, nullable && type && typeName(type)])
    expect(Object.fromEntries(types)).to.deep.equal({
      uint8: 'optional(int16)',
      uint16: 'optional(int32)',
      uint32: 'optional(int64)',
      uint64: 'optional(int64)',
      half: 'optional(float32)',
      large_text: 'optional(string)',
      text_view: 'optional(string)',
      large_bytes: 'optional(bytes)',
      bytes_view: 'optional(bytes)',
      fixed: 'optional(bytes)',
      seconds: 'optional(timestamp(ms))',
      millis: 'optional(timestamp(ms))',
      nanos: 'optional(timestamp(ns))',
      date_ms: 'optional(date)',
      day: 'optional(date)',
      flag: 'optional(bool)',
      word: 'optional(string)',
      big_word: 'optional(string)',
      price: 'optional(decimal(10,2))',
      list: 'optional(list(optional(int32)))',
      time: null,
    })
  })

  it('keep metadata, drop batches without rows, and name types that are not read', () => {
    expect(Object.fromEntries(stream.metadata)).to.deep.equal({ made_by: 'pyarrow' })
    expect(stream.batches.map(batch => batch.length)).to.deep.equal([4, 3])
    const time = stream.fields.find(field => field.name === 'time')
    expect(time!.arrowType).to.match(/^Time/)
    expect(stream.batches[0]!.columns.has('time')).to.equal(false)
  })

  it('stay views where the layout is Column’s own', () => {
    const bytes = new Uint8Array(fixture('types.arrows'))
    const { columns } = readIpcStream(bytes).batches[0]!
    for (const name of ['nanos', 'day']) expect(columns.get(name)!.values.buffer, name).to.equal(bytes.buffer)
  })

  it('are refused where a value has no place', () => {
    const tooLarge = arrow.vectorFromArray([2n ** 63n], new arrow.Uint64())
    const noon = arrow.vectorFromArray([43_200_000], new arrow.DateMillisecond())
    for (const vector of [tooLarge, noon]) {
      const bytes = arrow.tableToIPC(new arrow.Table({ x: vector as arrow.Vector }), 'stream')
      expect(() => readIpcStream(bytes))
        .to.throw()
        .that.includes({ kind: 'data', code: 'value-out-of-range' })
    }
  })

  it('are refused when they are none, or cut off', () => {
    const error = { kind: 'data', code: 'corrupt-arrow', thing: 'part.arrow' }
    const bytes = fixture('types.arrow')
    for (const end of [0, 5, 100, bytes.length - 20, bytes.length - 1]) {
      expect(() => readIpcFile(bytes.subarray(0, end), 'part.arrow'), `${end} bytes`)
        .to.throw()
        .that.includes(error)
    }
    expect(() => readIpcFile(fixture('types.arrows'), 'part.arrow'))
      .to.throw()
      .that.includes(error)
    expect(() => readIpcStream(fixture('types.expected.json'), 'part.arrow'))
      .to.throw()
      .that.includes(error)
  })
})

describe('Arrow files that we write', () => {
  const fields: readonly StoredField[] = allTypes.map(type => storedField(typeName(type), type))

  /** Up to three batches of rows of all types at once. */
  const batches = fc.array(
    fc
      .nat(20)
      .chain(length =>
        fc.tuple(...allTypes.map(type => fc.array(valuesOf(type), { minLength: length, maxLength: length }))),
      ),
    { maxLength: 3 },
  )

  const columnsOf = (lists: readonly unknown[][]): Column[] =>
    allTypes.map((type, i) => columnOf(type, lists[i]!))

  function expectRows({ batches: found }: ArrowBatches, given: readonly unknown[][][]): void {
    const expected = given.filter(lists => lists[0]!.length > 0)
    expect(found.length).to.equal(expected.length)
    for (const [i, batch] of found.entries()) {
      allTypes.forEach((type, at) => {
        // Arrow has no type of its own for safe integers, enums: the schema that comes with the file says it.
        const column = { ...batch.columns.get(typeName(type))!, type }
        expect(difference(rowsOf(column), expected[i]![at]!), typeName(type)).to.equal(null)
      })
    }
  }

  it('hold every value of every type, read by footer and as a stream', () => {
    fc.assert(
      fc.property(batches, lists => {
        const writer = ipcFileWriter(fields, { job: 'retail' })
        const pieces = [
          writer.head,
          ...lists.map(rows => writer.batch(columnsOf(rows)).bytes),
          writer.finish(),
        ]
        const file = Buffer.concat(pieces)
        expectRows(readIpcFile(file), lists)
        expectRows(readIpcStream(file.subarray(8)), lists)
        expectRows(readIpcStream(toIpcStream(fields, lists.map(columnsOf))), lists)
        expect(Object.fromEntries(readIpcFile(file).metadata)).to.deep.equal({ job: 'retail' })
      }),
      { numRuns: 20 },
    )
  })

  it('are read by apache-arrow, which finds the values itself', () => {
    const writer = ipcFileWriter([
      storedField('name', { kind: 'string' }),
      storedField('n', { kind: 'int64' }),
    ])
    const batch = writer.batch([
      columnOf({ kind: 'string' }, ['a', 'é']),
      columnOf({ kind: 'int64' }, [1n, -1n]),
    ])
    const table = arrow.tableFromIPC(Buffer.concat([writer.head, batch.bytes, writer.finish()]))
    expect(table.toArray().map(row => ({ ...row }) as unknown)).to.deep.equal([
      { name: 'a', n: 1n },
      { name: 'é', n: -1n },
    ])
  })

  it('say where each block lies', () => {
    const writer = ipcFileWriter([storedField('n', { kind: 'int64' })])
    let end = writer.head.length
    for (const rows of [[1n], [2n, 3n], [4n]]) {
      const { bytes, block } = writer.batch([columnOf({ kind: 'int64' }, rows)])
      expect(block.offset).to.equal(end)
      expect(block.metadataLength + block.bodyLength).to.equal(bytes.length)
      end += bytes.length
    }
  })

  it('are the same for slices as for columns of their own', () => {
    const type = { kind: 'optional', of: { kind: 'bool' } } as const
    const text = { kind: 'string' } as const
    const fieldsOfTwo = [storedField('b', type), storedField('t', text)]
    const whole = [
      columnOf(type, [true, null, true, false, null]),
      columnOf(text, ['a', 'bc', 'd', 'efg', 'h']),
    ]
    const own = [columnOf(type, [null, true, false]), columnOf(text, ['bc', 'd', 'efg'])]
    const sliced = whole.map(column => slice(column, 1, 4))
    expect(ipcFileWriter(fieldsOfTwo).batch(sliced).bytes).to.deep.equal(
      ipcFileWriter(fieldsOfTwo).batch(own).bytes,
    )
  })

  it('refuse columns of unequal length', () => {
    const writer = ipcFileWriter([storedField('a', { kind: 'int32' }), storedField('b', { kind: 'int32' })])
    const columns = [columnOf({ kind: 'int32' }, [1]), columnOf({ kind: 'int32' }, [1, 2])]
    expect(() => writer.batch(columns))
      .to.throw()
      .that.includes({ kind: 'internal', code: 'ragged-batch' })
    expect(() => writer.batch(columns.slice(0, 1)))
      .to.throw()
      .that.includes({ code: 'ragged-batch' })
  })

  it('store key groups in 16 bits', () => {
    const writer = ipcFileWriter([{ name: 'key_group', type: { kind: 'uint16' }, nullable: false }])
    const { bytes } = writer.batch([columnOf({ kind: 'int32' }, [0, 255, 65535])])
    const file = readIpcFile(Buffer.concat([writer.head, bytes, writer.finish()]))
    expect(file.fields[0]!.arrowType).to.equal('Uint16')
    expect(rowsOf(file.batches[0]!.columns.get('key_group')!)).to.deep.equal([0, 255, 65535])
  })
})
