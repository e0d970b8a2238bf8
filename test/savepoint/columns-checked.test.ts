// What verify finds over whole columns is what it finds row by row, on random columns, right and wrong.
import { expect } from 'chai'
import fc from 'fast-check'
import { crc32 } from 'node:zlib'
import { bitmapBytes, setBit } from '../../src/codec/bitmap.ts'
import { columnBuilder } from '../../src/codec/column-builder.ts'
import type { Column } from '../../src/record/column.ts'
import { typeName, type TypeSpec } from '../../src/record/type.ts'
import { wrongValue } from '../../src/savepoint/column-values.ts'
import { combinedCrc32 } from '../../src/savepoint/crc-combine.ts'
import { keyRuns } from '../../src/savepoint/key-runs.ts'
import { keyCompare } from '../../src/savepoint/row-order.ts'
import type { EntryRows } from '../../src/savepoint/savepoint.ts'
import { surelyFits } from '../../src/savepoint/value-fit.ts'
import { keyTypes, types, valueOf } from './arbitraries.ts'

const decimals: readonly TypeSpec[] = [1, 9, 37, 18, 19, 38].map(precision => {
  return { kind: 'decimal', precision, scale: 1 } as const
})

function columnOf(type: TypeSpec, values: readonly unknown[]): Column {
  const builder = columnBuilder(type, values.length)
  for (const value of values) builder.append(value)
  return builder.finish()
}

/** Columns of values of a type. */
const columns = (type: TypeSpec): fc.Arbitrary<Column> =>
  fc.array(valueOf(type), { minLength: 1, maxLength: 20 }).map(values => columnOf(type, values))

const bits = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }).map(rows => {
  const out = new Uint8Array(bitmapBytes(rows.length))
  for (const [row, isSet] of rows.entries()) if (isSet) setBit(out, row)
  return out
})

describe('values of a column', () => {
  for (const type of types.filter(type => !typeName(type).includes('decimal'))) {
    it(`of ${typeName(type)} surely fit, all of them`, () =>
      fc.assert(
        fc.property(columns(type), column => surelyFits(column, null)),
        { numRuns: 30 },
      ))
  }
  for (const precision of [2, 18, 19, 20, 38]) {
    const narrower: TypeSpec = { kind: 'decimal', precision: precision - 1, scale: 1 }
    it(`of decimal(${precision}, 1) surely fit, if they are not at the limit`, () => {
      const type: TypeSpec = { ...narrower, precision }
      fc.assert(fc.property(columns(narrower), column => surelyFits({ ...column, type }, null)))
    })
  }

  // The same buffers under another type, with rows that hold nothing: what surely fits has no wrong row.
  const numbers: readonly TypeSpec[] = [
    { kind: 'int64' },
    { kind: 'safeInt64' },
    { kind: 'timestamp', unit: 'us' },
    { kind: 'timestamp', unit: 'ns' },
    { kind: 'optional', of: { kind: 'safeInt64' } },
  ]
  const texts: readonly TypeSpec[] = [
    { kind: 'string' },
    { kind: 'enum', values: ['red', 'grün'] },
    { kind: 'enum', values: ['', 'red'] },
    { kind: 'optional', of: { kind: 'enum', values: ['grün', 'blue'] } },
  ]
  const edges = fc.constantFrom(2n ** 53n, 2n ** 53n - 1n, -(2n ** 53n), 1n - 2n ** 53n, -(2n ** 63n), 0n)
  const words = fc.array(fc.constantFrom('red', 'grün', '', 'blue'), { minLength: 1, maxLength: 9 })
  const wide = fc
    .constantFrom(1, 9, 18, 19, 20, 37, 38)
    .chain(precision =>
      fc.array(valueOf({ kind: 'decimal', precision, scale: 1 }), { minLength: 1, maxLength: 5 }),
    )
  const cases: readonly (readonly [string, readonly TypeSpec[], fc.Arbitrary<Column>])[] = [
    [
      '64 bits',
      numbers,
      fc
        .array(fc.oneof(edges, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), { minLength: 1, maxLength: 9 })
        .map(values => columnOf({ kind: 'int64' }, values)),
    ],
    ['text', texts, words.map(values => columnOf({ kind: 'string' }, values))],
    [
      'decimals',
      decimals,
      wide.map(values => columnOf({ kind: 'decimal', precision: 38, scale: 1 }, values)),
    ],
  ]
  for (const [what, under, arbitrary] of cases) {
    it(`of ${what} that surely fit are no wrong ones, whatever they are taken for`, () => {
      const mask = fc.option(bits, { nil: null })
      let sure = 0
      fc.assert(
        fc.property(arbitrary, fc.constantFrom(...under), mask, mask, (column, type, validity, spare) => {
          const taken = { ...column, type, validity }
          if (!surelyFits(taken, spare)) return
          sure++
          expect(wrongValue(taken, spare)).to.equal(null)
        }),
        { numRuns: 2000 },
      )
      expect(sure).to.be.above(100)
    })
  }

  it('that do not fit are not sure to', () => {
    expect(surelyFits({ ...columnOf({ kind: 'int64' }, [2n ** 53n]), type: { kind: 'safeInt64' } }, null)).to
      .be.false
    expect(
      surelyFits({ ...columnOf({ kind: 'string' }, ['a']), type: { kind: 'enum', values: ['b'] } }, null),
    ).to.be.false
    const nothing = columnOf({ kind: 'optional', of: { kind: 'int32' } }, [1, null])
    expect(surelyFits({ ...nothing, type: { kind: 'int32' } }, null)).to.be.false
    expect(surelyFits({ ...nothing, type: { kind: 'int32' } }, Uint8Array.of(2))).to.be.true
  })
})

describe('runs of a key', () => {
  for (const type of keyTypes) {
    it(`of ${typeName(type)} are what comparing rows finds`, () => {
      const rows = fc.array(fc.tuple(fc.nat(1), valueOf(type), fc.boolean()), { minLength: 1, maxLength: 8 })
      fc.assert(
        fc.property(rows, fc.boolean(), (drawn, sorted) => {
          const entries = entriesOf(drawn, type, sorted)
          const found = keyRuns(entries)
          const compare = keyCompare(entries.keys, entries.keys)
          const orders = Array.from({ length: entries.length - 1 }, (_, row) => {
            const groups = entries.keyGroups[row]! - entries.keyGroups[row + 1]!
            return groups !== 0 ? groups : compare(row, row + 1)
          })
          if (orders.some(order => order > 0)) expect(found).to.equal(null)
          else expect([...found!]).to.deep.equal([0, ...orders.map(order => (order === 0 ? 1 : 0))])
        }),
        { numRuns: 300 },
      )
    })
  }
})

/** Rows of a key of two fields, in order when wanted; some keys several times. */
function entriesOf(
  drawn: readonly (readonly [group: number, part: unknown, flag: boolean])[],
  type: TypeSpec,
  sorted: boolean,
): EntryRows {
  const doubled = drawn.flatMap(row => (row[2] ? [row, row] : [row]))
  const of = (rows: typeof doubled): EntryRows => {
    const first = columnOf(
      type,
      rows.map(row => row[1]),
    )
    const keys = [
      first,
      columnOf(
        { kind: 'bool' },
        rows.map(row => row[2]),
      ),
    ]
    const keyGroups = Uint16Array.from(rows, row => row[0])
    return { length: rows.length, keyGroups, keys, index: null, deleted: null, value: first }
  }
  if (!sorted) return of(doubled)
  const all = of(doubled)
  const compare = keyCompare(all.keys, all.keys)
  const order = [...doubled.keys()].sort((a, b) => all.keyGroups[a]! - all.keyGroups[b]! || compare(a, b))
  return of(order.map(row => doubled[row]!))
}

describe('crc32 of parts', () => {
  it('put together is that of the whole', () => {
    const part = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(new Uint8Array(70_001).fill(7)))
    fc.assert(
      fc.property(part, part, (a, b) => {
        expect(combinedCrc32(crc32(a), crc32(b), b.length)).to.equal(crc32(Buffer.concat([a, b])))
      }),
    )
  })

  it('put together to the published value', () => {
    // CRC-32/ISO-HDLC of "123456789", the catalogue's check value
    expect(combinedCrc32(crc32('12345'), crc32('6789'), 4)).to.equal(0xcbf43926)
  })
})
