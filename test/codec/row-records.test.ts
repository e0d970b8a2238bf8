import { expect } from 'chai'
import fc from 'fast-check'
import { slice } from '../../src/codec/gather.ts'
import { recordReader } from '../../src/codec/row-records.ts'
import type { Column } from '../../src/record/column.ts'
import type { Field } from '../../src/record/record.ts'
import { allTypes, valuesOf } from './arbitraries.ts'
import { columnOf, difference } from './columns.ts'

const fieldNames = [
  'a',
  '__proto__',
  'constructor',
  '0',
  'a b',
  `"'\\\n\u2028\${x}`,
  '*/ evil',
  'row',
  'high',
]

/** Columns of any types under awkward names, and their rows. */
const tables = fc
  .record({
    fields: fc.uniqueArray(fc.tuple(fc.constantFrom(...fieldNames), fc.constantFrom(...allTypes)), {
      maxLength: 9,
      selector: ([name]) => name,
    }),
    length: fc.nat(20),
  })
  .chain(({ fields, length }) =>
    fc.record({
      fields: fc.constant(fields.map(([name, type]): Field => ({ name, type }))),
      lists: fc.tuple(
        ...fields.map(([, type]) => fc.array(valuesOf(type), { minLength: length, maxLength: length })),
      ),
      length: fc.constant(length),
      start: fc.nat(length),
      given: fc.nat(9),
    }),
  )

describe('row records', () => {
  it('hold every field of their row as an own property, given ones included', () => {
    fc.assert(
      fc.property(tables, ({ fields, lists, length, start, given }) => {
        const whole = fields.map(({ type }, i) => columnOf(type, lists[i]!))
        const columns: (Column | undefined)[] = whole.map(column => slice(column, start, length))
        const overrides = new Map<string, (row: number) => unknown>()
        if (given < fields.length) {
          overrides.set(fields[given]!.name, row => `given ${row}`)
          columns[given] = undefined
        }
        const read = recordReader(fields, columns, overrides)
        for (let row = 0; row < length - start; row++) {
          const record = read(row)
          const names = fields.map(({ name }) => name)
          expect(Object.getOwnPropertyNames(record)).to.have.members(names)
          expect(Object.getPrototypeOf(record)).to.equal(Object.prototype)
          const expected = lists.map((list, i) => (i === given ? `given ${row}` : list[start + row]))
          const found = names.map(name => Object.getOwnPropertyDescriptor(record, name)!.value as unknown)
          expect(difference(found, expected)).to.equal(null)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('are made anew for each row, and are the caller’s', () => {
    const fields: Field[] = [{ name: 'n', type: { kind: 'int32' } }]
    const read = recordReader(fields, [columnOf({ kind: 'int32' }, [5])])
    const first = read(0) as { n: number }
    first.n = 6
    expect(read(0)).to.deep.equal({ n: 5 })
  })

  it('refuse integers that a number can’t hold, at the exact edge', () => {
    const fields: Field[] = [{ name: 'n', type: { kind: 'safeInt64' } }]
    const values = BigInt64Array.of(2n ** 53n - 1n, 2n ** 53n, 1n - 2n ** 53n, -(2n ** 53n), 2n ** 62n)
    const column: Column = { type: { kind: 'safeInt64' }, length: 5, validity: null, values, offsets: null }
    const read = recordReader(fields, [column])
    expect(read(0)).to.deep.equal({ n: Number.MAX_SAFE_INTEGER })
    expect(read(2)).to.deep.equal({ n: Number.MIN_SAFE_INTEGER })
    for (const row of [1, 3, 4])
      expect(() => read(row))
        .to.throw()
        .that.includes({ code: 'unsafe-integer' })
  })

  it('need a column for each field', () => {
    expect(() => recordReader([{ name: 'n', type: { kind: 'int32' } }], []))
      .to.throw()
      .that.includes({ kind: 'internal', code: 'no-column' })
  })
})
