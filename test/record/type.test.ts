import { expect } from 'chai'
import { fieldNamed, fieldsOf, type RecordOf } from '../../src/record/record.ts'
import { checkedSchema } from '../../src/record/schema-check.ts'
import {
  isOptional,
  required,
  sameType,
  t,
  typeName,
  type TimeUnit,
  type TypeSpec,
} from '../../src/record/type.ts'
import { allTypes } from '../codec/arbitraries.ts'

const schema = {
  customer: t.string(),
  quantity: t.int32(),
  at: t.timestamp('ms'),
  traced: t.timestamp('ns'),
  channel: t.enum('web', 'shop'),
  note: t.optional(t.string()),
}

describe('schema types', () => {
  it('give the record its TypeScript type', () => {
    const record: RecordOf<typeof schema> = {
      customer: 'a',
      quantity: 1,
      at: 0,
      traced: 0n,
      channel: 'web',
      note: null,
    }
    // @ts-expect-error -- a bigint where a number is declared
    const wrongNumber: RecordOf<typeof schema> = { ...record, quantity: 1n }
    // @ts-expect-error -- not a value of the enum
    const wrongChannel: RecordOf<typeof schema> = { ...record, channel: 'phone' }
    // @ts-expect-error -- a required field is never null
    const wrongNull: RecordOf<typeof schema> = { ...record, customer: null }
    // @ts-expect-error -- an optional field is null, never absent
    const absent: RecordOf<typeof schema> = { customer: 'a', quantity: 1, at: 0, traced: 0n, channel: 'web' }
    expect([wrongNumber, wrongChannel, wrongNull, absent].length).to.equal(4)
  })

  it('are plain data', () => {
    expect(fieldsOf(schema).slice(2)).to.deep.equal([
      { name: 'at', type: { kind: 'timestamp', unit: 'ms' } },
      { name: 'traced', type: { kind: 'timestamp', unit: 'ns' } },
      { name: 'channel', type: { kind: 'enum', values: ['web', 'shop'] } },
      { name: 'note', type: { kind: 'optional', of: { kind: 'string' } } },
    ])
  })

  it('optional twice is optional', () => {
    expect(t.optional(t.optional(t.bool())).spec).to.deep.equal(t.optional(t.bool()).spec)
    expect(isOptional(t.optional(t.bool()).spec)).to.equal(true)
    expect(required(t.optional(t.bool()).spec)).to.deep.equal({ kind: 'bool' })
  })

  it('have names as they were declared', () => {
    expect(typeName(t.optional(t.timestamp('us')).spec)).to.equal('optional(timestamp(us))')
    expect(typeName(t.enum('a', 'b').spec)).to.equal('enum(a|b)')
  })

  it('are the same only as themselves', () => {
    const more: TypeSpec[] = [
      t.enum('a', 'b').spec,
      t.enum('b', 'a').spec,
      t.enum('a|b').spec,
      t.enum('a').spec,
    ]
    const types = [...allTypes, ...more]
    for (const [i, a] of types.entries()) {
      for (const [j, b] of types.entries())
        expect(sameType(a, structuredClone(b)), `${i} ${j}`).to.equal(i === j)
    }
  })

  const wrong: [string, () => unknown][] = [
    ['an unknown unit', () => t.timestamp('s' as TimeUnit)],
    ['an enum value twice', () => t.enum('a', 'a')],
    ['an enum of nothing', () => t.enum(...([] as unknown as ['a']))],
    ['an enum of numbers', () => t.enum(1 as unknown as 'a')],
    ['an enum of half a character', () => t.enum('\ud800')],
  ]
  for (const [what, make] of wrong) {
    it(`refuse ${what}`, () => {
      expect(make).to.throw().that.includes({ kind: 'invalid', code: 'bad-type' })
    })
  }
})

describe('schemas', () => {
  it('find a field by name, or say which there are', () => {
    expect(fieldNamed(fieldsOf(schema), 'at', 'source x').type.kind).to.equal('timestamp')
    expect(() => fieldNamed(fieldsOf({ a: t.bool(), b: t.bool() }), 'c', 'source x'))
      .to.throw()
      .that.includes({
        kind: 'invalid',
        code: 'unknown-field',
        thing: "source x: field 'c'",
        expected: 'one of a, b',
      })
  })

  it('are copied and frozen', () => {
    const checked = checkedSchema(schema, 'source x')
    expect(checked).to.deep.equal(schema)
    expect(checked).not.to.equal(schema)
    expect(Object.isFrozen(checked)).to.equal(true)
  })

  const wrong: [string, unknown, string][] = [
    ['null', null, 'bad-schema'],
    ['no fields', {}, 'bad-schema'],
    ['a type by name', { a: 'string' }, 'bad-schema'],
    ['a function instead of a type', { a: t.string }, 'bad-schema'],
    ['an empty name', { '': t.bool() }, 'bad-name'],
    ['a name that objects treat apart', JSON.parse('{"__proto__": {"spec": {"kind": "bool"}}}'), 'bad-name'],
    ['half a character in a name', { '\ud800': t.bool() }, 'bad-name'],
  ]
  for (const [what, given, code] of wrong) {
    it(`refuse ${what}`, () => {
      expect(() => checkedSchema(given as typeof schema, 'source x'))
        .to.throw()
        .that.includes({ kind: 'invalid', code })
    })
  }
})
