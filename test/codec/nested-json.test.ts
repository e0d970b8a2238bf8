import { expect } from 'chai'
import { decimalFrom } from '../../src/codec/decimal.ts'
import { valueFromJson, valueToJson } from '../../src/codec/json-value.ts'
import { t, type TypeSpec } from '../../src/record/type.ts'

describe('JSON of nested types', () => {
  const person = t.struct({ name: t.string(), born: t.optional(t.date()) }).spec
  const ages = t.map(t.string(), t.int32()).spec

  it('is arrays, objects, and pairs in the order of the keys', () => {
    expect(valueToJson(person, { name: 'Ada', born: -56270 })).to.deep.equal({
      name: 'Ada',
      born: '1815-12-10',
    })
    const map = new Map([
      ['9', 1],
      ['10', 2],
      ['a', 3],
    ])
    expect(valueToJson(ages, map)).to.deep.equal([
      ['10', 2],
      ['9', 1],
      ['a', 3],
    ])
    expect(valueToJson(t.list(t.int64()).spec, [1n])).to.deep.equal(['1'])
  })

  it('takes absent optional members, unknown members, and objects for maps of text', () => {
    expect(valueFromJson(person, { name: 'Ada', more: 1 }, 'it')).to.deep.equal({ name: 'Ada', born: null })
    expect([...(valueFromJson(ages, { b: 1, a: 2 }, 'it') as Map<string, number>)]).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ])
  })

  const refused: [TypeSpec, unknown, string, string][] = [
    [person, { born: '2000-01-01' }, 'missing-field', `field 'x.name'`],
    [person, { name: 'a', born: '2000-13-01' }, 'wrong-type', `field 'x.born'`],
    [person, [], 'wrong-type', `field 'x'`],
    [{ kind: 'list', of: person }, [{ name: 'a' }, { name: 1 }], 'wrong-type', `field 'x[1].name'`],
    [t.list(t.bool()).spec, [true, null], 'missing-field', `field 'x[1]'`],
    [
      ages,
      [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ],
      'duplicate-map-key',
      `field 'x'`,
    ],
    [ages, [['a', 1, 2]], 'wrong-type', `field 'x'`],
    [ages, { a: 'x' }, 'wrong-type', `field 'x["a"]'`],
    [t.map(t.int32(), t.bool()).spec, { 1: true }, 'wrong-type', `field 'x'`],
    [t.decimal(4, 2).spec, '1.234', 'wrong-type', `field 'x'`],
    [t.decimal(4, 2).spec, '123.4', 'wrong-type', `field 'x'`],
    [t.decimal(4, 2).spec, 1.5, 'wrong-type', `field 'x'`],
  ]
  for (const [type, json, code, thing] of refused) {
    it(`refuses ${JSON.stringify(json)} by name: ${thing}`, () => {
      expect(() => valueFromJson(type, json, `field 'x'`))
        .to.throw()
        .that.includes({ kind: 'data', code, thing })
    })
  }

  const decimals: [unknown, number, string | undefined][] = [
    ['12.3', 2, '12.30'],
    ['-007', 2, '-7.00'],
    ['-0', 1, '0.0'],
    [5, 2, '5.00'],
    ['5', 0, '5'],
    ['1.', 2, undefined],
    ['1e3', 2, undefined],
    [0.5, 2, undefined],
    ['0.005', 2, undefined],
  ]
  for (const [json, scale, text] of decimals) {
    it(`takes ${JSON.stringify(json)} for ${text ?? 'no decimal'}`, () => {
      expect(decimalFrom(json, scale)).to.equal(text)
    })
  }
})
