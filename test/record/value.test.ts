import { expect } from 'chai'
import fc from 'fast-check'
import { t, type TypeSpec } from '../../src/record/type.ts'
import { checkValue, isValueOf, shown, storedValue } from '../../src/record/value.ts'
import { allTypes, typedRows } from '../codec/arbitraries.ts'
import { columnOf, difference, rowsOf } from '../codec/columns.ts'

const oneBigint = 1n

describe('values of a type', () => {
  const accepted: [TypeSpec, unknown[]][] = [
    [t.bool().spec, [true, false]],
    [t.int8().spec, [-128, 127, 0, -0]],
    [t.int16().spec, [-32768, 32767]],
    [t.int32().spec, [-(2 ** 31), 2 ** 31 - 1]],
    [t.int64().spec, [0n, 2n ** 63n - 1n, -(2n ** 63n)]],
    [t.safeInt64().spec, [2 ** 53 - 1, -(2 ** 53) + 1]],
    [t.float32().spec, [0.1, NaN, Infinity, -0]],
    [t.float64().spec, [5e-324, NaN, -Infinity, -0]],
    [t.string().spec, ['', '\u{1F600}', '\0']],
    [t.bytes().spec, [new Uint8Array(0), Buffer.from('a')]],
    [t.date().spec, [0, -(2 ** 31)]],
    [t.timestamp('ms').spec, [0, -(2 ** 53) + 1]],
    [t.timestamp('us').spec, [2 ** 53 - 1]],
    [t.timestamp('ns').spec, [2n ** 63n - 1n]],
    [t.enum('a', 'b').spec, ['a', 'b']],
    [t.optional(t.int8()).spec, [null, 5]],
  ]
  for (const [type, values] of accepted) {
    for (const value of values) {
      it(`${JSON.stringify(type)} takes ${shown(value)}`, () => {
        expect(isValueOf(type, value)).to.equal(true)
        checkValue(type, value, 'it')
      })
    }
  }

  const refused: [TypeSpec, unknown[]][] = [
    [t.bool().spec, [0, 'true', null, undefined]],
    [t.int8().spec, [128, -129, 0.5, NaN, oneBigint, '1']],
    [t.int16().spec, [32768, -32769]],
    [t.int32().spec, [2 ** 31, -(2 ** 31) - 1, Infinity]],
    [t.int64().spec, [0, 2n ** 63n, -(2n ** 63n) - 1n]],
    [t.safeInt64().spec, [2 ** 53, -(2 ** 53), 0.5, oneBigint]],
    [t.float64().spec, [oneBigint, '1', null]],
    [t.string().spec, [1, null, Object('a')]],
    [t.bytes().spec, [[1], new ArrayBuffer(1), new Int8Array(1), 'a']],
    [t.date().spec, [0.5, new Date(0), '1970-01-01']],
    [t.timestamp('ms').spec, [0.5, 2 ** 53, oneBigint]],
    [t.timestamp('ns').spec, [0, 2n ** 63n]],
    [t.enum('a').spec, ['b', 0]],
    [t.optional(t.int8()).spec, [undefined, 128]],
  ]
  for (const [type, values] of refused) {
    for (const value of values) {
      it(`${JSON.stringify(type)} refuses ${shown(value)}`, () => {
        expect(isValueOf(type, value)).to.equal(false)
        expect(() => checkValue(type, value, 'it'))
          .to.throw()
          .that.includes({ kind: 'data', code: 'wrong-type' })
      })
    }
  }

  it('a lone surrogate is refused by its own code', () => {
    for (const type of [t.string().spec, t.optional(t.string()).spec]) {
      expect(() => checkValue(type, 'a\ud800', 'it'))
        .to.throw()
        .that.includes({ code: 'lone-surrogate', thing: 'it', found: '"a\\ud800"' })
    }
  })

  it('names the thing, what was expected and what was found', () => {
    expect(() => checkValue(t.int32().spec, 'x'.repeat(100), "state 'total'"))
      .to.throw()
      .that.includes({ thing: "state 'total'", expected: 'int32', found: `string ${'x'.repeat(60)}…` })
  })

  it('every value of a type is one of it', () => {
    fc.assert(fc.property(typedRows(), ({ type, rows }) => rows.every(row => isValueOf(type, row))))
  })

  it('a stored value is what a column gives back', () => {
    const anything = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.constantFrom(0, -0, NaN, 0.1, null, true, 'a', 7n),
    )
    fc.assert(
      fc.property(fc.constantFrom(...allTypes), anything, (type, value) => {
        fc.pre(isValueOf(type, value))
        expect(difference([storedValue(type, value)], rowsOf(columnOf(type, [value])))).to.equal(null)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('shown', () => {
  const cases: [unknown, string][] = [
    [null, 'null'],
    [undefined, 'undefined'],
    [5n, 'bigint 5'],
    [Symbol('s'), 'symbol Symbol(s)'],
    [{ toString: () => 'never called' }, 'object [object Object]'],
    [Object.create(null), 'object [object Object]'],
    [[1], 'object [object Array]'],
  ]
  for (const [value, text] of cases) it(`is ${text}`, () => expect(shown(value)).to.equal(text))
})
