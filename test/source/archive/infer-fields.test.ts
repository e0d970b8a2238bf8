import { expect } from 'chai'
import { typeName } from '../../../src/record/type.ts'
import { FieldInference } from '../../../src/source/archive/infer-fields.ts'

describe('field inference', () => {
  function inferred(...values: readonly unknown[]): Record<string, string> {
    const inference = new FieldInference()
    for (const value of values) inference.add(value)
    const { fields, jsonText } = inference.fields()
    return Object.fromEntries(
      fields.map(({ name, type }) => [name, jsonText.includes(name) ? 'JSON' : typeName(type).slice(9, -1)]),
    )
  }

  for (const [what, values, expected] of [
    ['booleans', [true, false], 'bool'],
    ['whole numbers', [1, -5, 2 ** 53 - 1], 'safeInt64'],
    ['fractions', [1.5], 'float64'],
    ['whole numbers and fractions', [1, 1.5, 3], 'float64'],
    ['numbers too large to be exact', [1, 2 ** 53], 'float64'],
    ['minus zero, which whole numbers do not have', [1, -0], 'float64'],
    ['text', ['a', ''], 'string'],
    ['values with nulls between', [null, 1, null], 'safeInt64'],
    ['nothing but nulls, since anything may come', [null], 'JSON'],
    ['objects', [{ a: 1 }], 'JSON'],
    ['arrays', [[1]], 'JSON'],
    ['text and numbers', ['a', 1], 'JSON'],
    ['booleans and numbers', [true, 1], 'JSON'],
  ] as const) {
    it(`${what}: ${expected}`, () => {
      expect(inferred(...values.map(x => ({ x })))).to.deep.equal({ x: expected })
    })
  }

  it('has the fields of all values in the order in which they came, all optional', () => {
    expect(inferred({ b: 1 }, {}, { a: 'x', b: 2 }, { c: true })).to.deep.equal({
      b: 'safeInt64',
      a: 'string',
      c: 'bool',
    })
    const inference = new FieldInference()
    inference.add({ a: 1 })
    expect(inference.fields().fields[0]?.type.kind).to.equal('optional')
  })

  it('passes over what is no object', () => {
    expect(inferred(null, 1, 'x', [1, 2])).to.deep.equal({})
  })
})
