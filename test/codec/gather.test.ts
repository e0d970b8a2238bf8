import { expect } from 'chai'
import fc from 'fast-check'
import { concat, gather, slice } from '../../src/codec/gather.ts'
import type { Column } from '../../src/record/column.ts'
import { allTypes, typedRows, valuesOf } from './arbitraries.ts'
import { columnOf, difference, rowsOf } from './columns.ts'

const range = (length: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.nat(length), fc.nat(length)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)])

const sliced = typedRows().chain(({ type, rows }) =>
  fc.record({ type: fc.constant(type), rows: fc.constant(rows), range: range(rows.length) }),
)

describe('slice', () => {
  it('gives the rows of the range, of slices too', () => {
    const deeper = sliced.chain(given =>
      fc.record({ given: fc.constant(given), inner: range(given.range[1] - given.range[0]) }),
    )
    fc.assert(
      fc.property(
        deeper,
        ({
          given: {
            type,
            rows,
            range: [start, end],
          },
          inner,
        }) => {
          const outer = slice(columnOf(type, rows), start, end)
          const expected = rows.slice(start, end)
          expect(difference(rowsOf(outer), expected)).to.equal(null)
          expect(difference(rowsOf(slice(outer, ...inner)), expected.slice(...inner))).to.equal(null)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('copies no values', () => {
    const column = columnOf({ kind: 'string' }, ['a', 'b', 'c'])
    expect(slice(column, 1, 3).values).to.equal(column.values)
  })
})

describe('gather', () => {
  it('gives the rows in the order asked for', () => {
    const picks = sliced.chain(given => {
      const length = given.range[1] - given.range[0]
      const rows: fc.Arbitrary<number[]> = length === 0 ? fc.constant([]) : fc.array(fc.nat(length - 1))
      return fc.record({ given: fc.constant(given), picked: rows, unsigned: fc.boolean() })
    })
    fc.assert(
      fc.property(
        picks,
        ({
          given: {
            type,
            rows,
            range: [start, end],
          },
          picked,
          unsigned,
        }) => {
          const column = slice(columnOf(type, rows), start, end)
          const indices = unsigned ? Uint32Array.from([7, ...picked, 7]) : Int32Array.from([7, ...picked, 7])
          const found = gather(column, indices, 1, picked.length + 1)
          expect(
            difference(
              rowsOf(found),
              picked.map(row => rows[start + row]),
            ),
          ).to.equal(null)
          if (found.offsets) expect(found.offsets[0]).to.equal(0)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('concat', () => {
  const pieces = fc.constantFrom(...allTypes).chain(type =>
    fc.record({
      type: fc.constant(type),
      pieces: fc.array(fc.array(valuesOf(type), { maxLength: 20 }), { minLength: 1 }),
    }),
  )

  it('gives all rows, slices in the middle included', () => {
    fc.assert(
      fc.property(pieces, fc.nat(3), ({ type, pieces: lists }, cut) => {
        const columns = lists.map((rows): Column => {
          const column = columnOf(type, rows)
          return slice(column, Math.min(cut, rows.length), rows.length)
        })
        expect(
          difference(
            rowsOf(concat(columns)),
            lists.flatMap(rows => rows.slice(cut)),
          ),
        ).to.equal(null)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses columns of two types', () => {
    const columns = [columnOf({ kind: 'int32' }, [1]), columnOf({ kind: 'date' }, [1])]
    expect(() => concat(columns))
      .to.throw()
      .that.includes({ kind: 'internal', code: 'mixed-types' })
  })
})
