import { expect } from 'chai'
import fc from 'fast-check'
import { columnBuilder } from '../../src/codec/column-builder.ts'
import { valueReader } from '../../src/codec/column-reader.ts'
import { wordsOf } from '../../src/codec/layout.ts'
import type { Column } from '../../src/record/column.ts'
import { allTypes, typedRows, valuesOf } from './arbitraries.ts'
import { columnOf, difference, rowsOf } from './columns.ts'

describe('column builder and reader', () => {
  it('give back every value of every type, whatever the capacity', () => {
    fc.assert(
      fc.property(typedRows(), fc.integer({ min: 0, max: 200 }), ({ type, rows }, capacity) => {
        expect(difference(rowsOf(columnOf(type, rows, capacity)), rows)).to.equal(null)
      }),
      { numRuns: 500 },
    )
  })

  for (const type of allTypes) {
    it(`reuse: nothing of a finished column is left in the next (${JSON.stringify(type)})`, () => {
      fc.assert(
        fc.property(fc.array(valuesOf(type)), fc.array(valuesOf(type)), (first, second) => {
          const builder = columnBuilder(type, 4)
          first.forEach(row => builder.append(row))
          const column = builder.finish()
          second.forEach(row => builder.append(row))
          const next = builder.finish()
          expect(difference(rowsOf(next), second)).to.equal(null)
          expect(difference(rowsOf(column), first)).to.equal(null)
        }),
        { numRuns: 30 },
      )
    })
  }

  it('has no validity buffer where nothing is absent', () => {
    const type = { kind: 'optional', of: { kind: 'int32' } } as const
    expect(columnOf(type, [1, 2, 3]).validity).to.equal(null)
    expect(columnOf(type, [1, null, 3]).validity).to.deep.equal(Uint8Array.of(0b101))
  })

  it('lays out bits least significant first', () => {
    expect(columnOf({ kind: 'bool' }, [true, false, true, true]).values).to.deep.equal(Uint8Array.of(0b1101))
  })

  it('stores one pattern for every NaN', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff4000000000123n]).buffer)[0]!
    const { values } = columnOf({ kind: 'float64' }, [odd, NaN])
    expect([...wordsOf(values)]).to.deep.equal([0, 0x7ff80000, 0, 0x7ff80000])
    const narrow = columnOf({ kind: 'float32' }, [odd, NaN])
    expect([...wordsOf(narrow.values)]).to.deep.equal([0x7fc00000, 0x7fc00000])
  })

  it('counts rows and bytes as they come', () => {
    const builder = columnBuilder({ kind: 'string' })
    builder.append('abc')
    builder.append('é')
    expect([builder.length, builder.byteLength]).to.deep.equal([2, 13])
    builder.finish()
    expect([builder.length, builder.byteLength]).to.deep.equal([0, 0])
  })
})

describe('value reader', () => {
  const beyond = (value: bigint): Column => ({
    type: { kind: 'safeInt64' },
    length: 1,
    validity: null,
    values: BigInt64Array.of(value),
    offsets: null,
  })

  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
    it(`refuses ${value} where a number is promised`, () => {
      expect(() => valueReader(beyond(value))(0))
        .to.throw()
        .that.includes({ kind: 'data', code: 'unsafe-integer', found: String(value) })
    })
  }

  it('reads the largest safe integers', () => {
    expect(valueReader(beyond(2n ** 53n - 1n))(0)).to.equal(Number.MAX_SAFE_INTEGER)
    expect(valueReader(beyond(1n - 2n ** 53n))(0)).to.equal(Number.MIN_SAFE_INTEGER)
  })

  it('gives bytes that outlive the batch', () => {
    const column = columnOf({ kind: 'bytes' }, [Uint8Array.of(1, 2)])
    const read = valueReader(column)(0)
    column.values.fill(9 as never)
    expect(read).to.deep.equal(Uint8Array.of(1, 2))
  })
})
