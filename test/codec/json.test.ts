import { expect } from 'chai'
import fc from 'fast-check'
import { jsonDecoder, jsonEncoder, valueFromJson, valueToJson } from '../../src/codec/json.ts'
import type { AnyRecord, Field } from '../../src/record/record.ts'
import type { TypeSpec } from '../../src/record/type.ts'
import { allTypes, typedRows, valuesOf } from './arbitraries.ts'
import { difference } from './columns.ts'

const int64: TypeSpec = { kind: 'int64' }
const optional = (of: Exclude<TypeSpec, { kind: 'optional' }>): TypeSpec => ({ kind: 'optional', of })
const timestamp = (unit: 'ms' | 'us' | 'ns'): TypeSpec => ({ kind: 'timestamp', unit })

describe('JSON form of values', () => {
  it('comes back through JSON text', () => {
    fc.assert(
      fc.property(typedRows(10), ({ type, rows }) => {
        const back = rows.map(row => {
          const text = jsonEncoder(null)({ value: valueToJson(type, row) })
          return valueFromJson(type, (JSON.parse(text) as { value: unknown }).value, 'value')
        })
        expect(difference(back, rows)).to.equal(null)
      }),
      { numRuns: 500 },
    )
  })

  const pairs: [TypeSpec, unknown, unknown][] = [
    [int64, -(2n ** 63n), '-9223372036854775808'],
    [timestamp('ns'), 1n, '1'],
    [{ kind: 'float64' }, NaN, 'NaN'],
    [{ kind: 'float64' }, -Infinity, '-Infinity'],
    [{ kind: 'bytes' }, Uint8Array.of(0xfb, 0xff), '+/8='],
    [{ kind: 'date' }, 0, '1970-01-01'],
    [{ kind: 'date' }, -719_528, '0000-01-01'],
    [{ kind: 'date' }, 19_782, '2024-02-29'],
    [{ kind: 'date' }, 2 ** 31 - 1, '+5881580-07-11'],
    [{ kind: 'date' }, -(2 ** 31), '-5877641-06-23'],
    [timestamp('ms'), 1_322_727_960_000, 1_322_727_960_000],
  ]
  for (const [type, value, json] of pairs) {
    it(`is ${JSON.stringify(json)} for ${String(value)} of ${type.kind}`, () => {
      expect(valueToJson(type, value)).to.deep.equal(json)
      expect(valueFromJson(type, json, 'it')).to.deep.equal(value)
    })
  }

  const taken: [TypeSpec, unknown, unknown][] = [
    [int64, 5, 5n],
    [timestamp('ns'), 5, 5n],
    [{ kind: 'float64' }, 3, 3],
    [{ kind: 'float32' }, 0.1, Math.fround(0.1)],
    [timestamp('ms'), '2011-12-01T08:26:00Z', 1_322_727_960_000],
    [timestamp('ms'), '2011-12-01T09:26:00.5+01:00', 1_322_727_960_500],
    [timestamp('ms'), '2011-12-01 08:26', 1_322_727_960_000],
    [timestamp('ms'), '2011-12-01', 1_322_697_600_000],
    [timestamp('us'), '1969-12-31T23:59:59.999999Z', -1],
    [timestamp('ns'), '1970-01-01T00:00:00.000000001Z', 1n],
    [optional({ kind: 'int8' }), undefined, null],
  ]
  for (const [type, json, value] of taken) {
    it(`takes ${JSON.stringify(json)} for ${JSON.stringify(type)}`, () => {
      expect(valueFromJson(type, json, 'it')).to.equal(value)
    })
  }

  const refused: [TypeSpec, unknown][] = [
    [int64, 2 ** 53],
    [int64, '9223372036854775808'],
    [int64, '1e3'],
    [int64, ''],
    [{ kind: 'int8' }, 128],
    [{ kind: 'int16' }, '5'],
    [{ kind: 'int32' }, 0.5],
    [{ kind: 'int32' }, 2 ** 31],
    [{ kind: 'int32' }, true],
    [{ kind: 'safeInt64' }, 2 ** 53],
    [{ kind: 'float64' }, '1.5'],
    [{ kind: 'float32' }, 1e39],
    [{ kind: 'bool' }, 1],
    [{ kind: 'string' }, 5],
    [{ kind: 'enum', values: ['a'] }, 'b'],
    [{ kind: 'bytes' }, 'a'],
    [{ kind: 'bytes' }, 'a_b-'],
    [{ kind: 'date' }, '2023-02-29'],
    [{ kind: 'date' }, '2023-13-01'],
    [{ kind: 'date' }, 5],
    [timestamp('ms'), '2011-12-01T08:26:00.0001Z'],
    [timestamp('us'), '2011-12-01T08:26:00.0000001Z'],
    [timestamp('ms'), '2011-12-01T24:00:00Z'],
    [timestamp('ms'), 'yesterday'],
    [timestamp('ms'), 0.5],
    [timestamp('ns'), '9999-01-01T00:00:00Z'],
  ]
  for (const [type, json] of refused) {
    it(`refuses ${JSON.stringify(json)} for ${JSON.stringify(type)}`, () => {
      expect(() => valueFromJson(type, json, 'it'))
        .to.throw()
        .that.includes({ code: 'wrong-type', thing: 'it' })
    })
  }
})

describe('JSON decoder', () => {
  const fields: Field[] = allTypes.map((type, i) => ({ name: `f${i}`, type }))
  const records = fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, valuesOf(type)])))

  it('gives back what the encoder wrote, all types at once', () => {
    const [encode, decode] = [jsonEncoder(fields), jsonDecoder(fields, 'message')]
    fc.assert(
      fc.property(records, record => {
        const back = decode(JSON.parse(encode(record)))
        expect(difference(Object.values(back), Object.values(record))).to.equal(null)
        expect(Object.keys(back)).to.deep.equal(fields.map(({ name }) => name))
      }),
      { numRuns: 200 },
    )
  })

  it('refuses exactly what the rules of the values refuse', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(-0, 2 ** 53, Infinity, '\ud800', '12', 'NaN', undefined),
      fc.constantFrom('toString', 'valueOf', '__proto__', 'toJSON').map(name => JSON.parse(`{"${name}":{}}`)),
    )
    fc.assert(
      fc.property(fc.constantFrom(...allTypes), anything, (type, json) => {
        const outcome = (make: () => unknown): unknown => {
          try {
            return make()
          } catch (error) {
            return (error as { code: string }).code
          }
        }
        const expected = outcome(() => valueFromJson(type, json, 'it'))
        const found = outcome(() => jsonDecoder([{ name: 'x', type }], 'it')({ x: json })['x'])
        expect(difference([found], [expected])).to.equal(null)
      }),
      { numRuns: 1000 },
    )
  })

  const one = (type: TypeSpec, name = 'x'): ((value: unknown) => AnyRecord) =>
    jsonDecoder([{ name, type }], 'message')

  it('ignores other fields', () => {
    expect(one({ kind: 'int32' })({ y: 1, x: 2 })).to.deep.equal({ x: 2 })
  })

  it('names the field, what was expected and what was found', () => {
    const wrong = {
      kind: 'data',
      code: 'wrong-type',
      thing: "message, field 'x'",
      expected: 'int32',
      found: 'string 5',
    }
    expect(() => one({ kind: 'int32' })({ x: '5' }))
      .to.throw()
      .that.includes(wrong)
    const missing = { kind: 'data', code: 'missing-field', thing: "message, field 'x'", expected: 'int32' }
    expect(() => one({ kind: 'int32' })({}))
      .to.throw()
      .that.includes({ ...missing, found: 'nothing' })
    expect(() => one({ kind: 'int32' })({ x: null }))
      .to.throw()
      .that.includes({ ...missing, found: 'null' })
  })

  it('refuses a lone surrogate', () => {
    expect(() => one({ kind: 'string' })({ x: '\udc00' }))
      .to.throw()
      .that.includes({ code: 'lone-surrogate' })
  })

  for (const value of [null, 5, 'text', [], undefined]) {
    it(`refuses ${JSON.stringify(value)} in an object's place`, () => {
      expect(() => one({ kind: 'int32' })(value))
        .to.throw()
        .that.includes({ code: 'wrong-type', thing: 'message' })
    })
  }

  for (const name of ['__proto__', 'constructor', 'toString', `quote"'\\\n\u2028`, '', '0', 'a b']) {
    it(`handles a field named ${JSON.stringify(name)}`, () => {
      const type = optional({ kind: 'int32' })
      expect(Object.entries(one(type, name)({}))).to.deep.equal([[name, null]])
      const given = JSON.parse(`{${JSON.stringify(name)}: 7}`) as AnyRecord
      const record = one(type, name)(given)
      expect(Object.entries(record)).to.deep.equal([[name, 7]])
      expect(Object.getPrototypeOf(record)).to.equal(Object.prototype)
      expect(jsonEncoder([{ name, type }])(record)).to.equal(`{${JSON.stringify(name)}:7}`)
    })
  }

  it('makes 0 of −0 where whole numbers are declared, and keeps it where floats are', () => {
    const whole = ['int8', 'int16', 'int32', 'safeInt64'] as const
    for (const kind of whole) expect(Object.is(one({ kind })({ x: -0 })['x'], 0)).to.equal(true)
    expect(Object.is(one({ kind: 'float64' })({ x: -0 })['x'], -0)).to.equal(true)
  })
})
