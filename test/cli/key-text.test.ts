// Keys as they are typed.
import { expect } from 'chai'
import { keyFromText } from '../../src/cli/key-text.ts'
import { HeadwaterError } from '../../src/errors.ts'
import type { Key, KeySchema } from '../../src/record/key.ts'
import { t, type Type } from '../../src/record/type.ts'

const schemaOf = (...types: readonly Type<unknown>[]): KeySchema => ({
  fields: types.map(({ spec: type }, i) => ({ name: `k${i}`, type })),
})

describe('key text', () => {
  const cases: readonly (readonly [KeySchema, string, Key])[] = [
    [schemaOf(t.string()), '007', '007'],
    [schemaOf(t.string()), '"quoted"', '"quoted"'],
    [schemaOf(t.string()), '', ''],
    [schemaOf(t.int32()), '-5', -5],
    [schemaOf(t.int64()), '9007199254740993', 9007199254740993n],
    [schemaOf(t.bool()), 'false', false],
    [schemaOf(t.date()), '1970-01-02', 1],
    [schemaOf(t.timestamp('ms')), '1000', 1000],
    [schemaOf(t.timestamp('us')), '1970-01-01T00:00:01Z', 1_000_000],
    [schemaOf(t.timestamp('ns')), '5', 5n],
    [schemaOf(t.enum('a', 'b')), 'b', 'b'],
    [schemaOf(t.string(), t.int32()), '["london", 3]', ['london', 3]],
    [schemaOf(t.int64(), t.bool()), '["7", true]', [7n, true]],
  ]
  for (const [schema, text, key] of cases) {
    it(`${schema.fields.map(({ type }) => type.kind).join(', ')}: ${text}`, () => {
      expect(keyFromText(schema, text)).to.deep.equal(key)
    })
  }

  const wrong: readonly (readonly [KeySchema, string])[] = [
    [schemaOf(t.int32()), '1.5'],
    [schemaOf(t.int32()), '9999999999'],
    [schemaOf(t.safeInt64()), '9007199254740993'],
    [schemaOf(t.bool()), 'yes'],
    [schemaOf(t.date()), '2011-02-30'],
    [schemaOf(t.enum('a', 'b')), 'c'],
    [schemaOf(t.string(), t.int32()), 'london'],
    [schemaOf(t.string(), t.int32()), '["london"]'],
    [schemaOf(t.string(), t.int32()), '[3, "london"]'],
  ]
  for (const [schema, text] of wrong) {
    it(`refuses ${text} for ${schema.fields.map(({ type }) => type.kind).join(', ')}`, () => {
      const failure = (): Key => keyFromText(schema, text)
      expect(failure).to.throw(HeadwaterError, /^invalid bad-key: key '.*': expected .*k0 .*, found /)
    })
  }
})
