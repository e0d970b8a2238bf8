import { expect } from 'chai'
import { isNested, sameType, t, typeName, type Type, type TypeSpec } from '../../src/record/type.ts'
import { checkValue, isValueOf, storedValue } from '../../src/record/value.ts'

const order = t.struct({
  id: t.string(),
  items: t.list(t.struct({ name: t.string(), price: t.decimal(10, 2), note: t.optional(t.string()) })),
  counts: t.map(t.string(), t.int32()),
})

describe('nested types', () => {
  it('have names as they were declared', () => {
    expect(typeName(order.spec)).to.equal(
      'struct(id: string, items: list(struct(name: string, price: decimal(10,2), note: optional(string))), ' +
        'counts: map(string, int32))',
    )
    expect(isNested(t.optional(t.list(t.bool())).spec)).to.equal(true)
    expect(isNested(t.decimal(3, 1).spec)).to.equal(false)
  })

  it('are the same with the same fields in the same order, all the way down', () => {
    const of = (name: string, inner: Type<unknown>): TypeSpec => t.list(t.struct({ [name]: inner })).spec
    expect(sameType(of('a', t.int8()), of('a', t.int8()))).to.equal(true)
    expect(sameType(of('a', t.int8()), of('b', t.int8()))).to.equal(false)
    expect(sameType(of('a', t.int8()), of('a', t.optional(t.int8())))).to.equal(false)
    expect(sameType(of('a', t.enum('x: int8, y')), of('a', t.enum('x: int8', 'y')))).to.equal(false)
    expect(sameType(t.decimal(9, 2).spec, t.decimal(9, 3).spec)).to.equal(false)
  })

  function deep(levels: number): Type<unknown> {
    let type: Type<unknown> = t.bool()
    for (let i = 0; i < levels; i++) type = i % 2 === 0 ? t.list(type) : t.struct({ inner: t.optional(type) })
    return type
  }

  it('may lie 32 deep', () => expect(() => deep(32)).not.to.throw())

  const wrong: [string, () => unknown][] = [
    ['33 levels', () => deep(33)],
    ['33 levels of maps', () => t.map(t.string(), deep(32))],
    ['a struct without fields', () => t.struct({})],
    ['a field of no type', () => t.struct({ a: 'string' as unknown as Type<string> })],
    ['a field that no object can hold', () => t.struct({ ['__proto__']: t.bool() })],
    ['a list of nothing', () => t.list(undefined as unknown as Type<string>)],
    ['a map keyed by floats', () => t.map(t.float64(), t.bool())],
    ['a map keyed by bytes', () => t.map(t.bytes() as unknown as Type<string>, t.bool())],
    ['a map with optional keys', () => t.map(t.optional(t.string()) as Type<string>, t.bool())],
    ['39 digits', () => t.decimal(39, 2)],
    ['no digits', () => t.decimal(0, 0)],
    ['more digits behind the point than in all', () => t.decimal(2, 3)],
    ['half a digit', () => t.decimal(2.5, 1)],
  ]
  for (const [what, make] of wrong) {
    it(`refuse ${what}`, () => {
      expect(make).to.throw().that.includes({ kind: 'invalid', code: 'bad-type' })
    })
  }
})

describe('nested values', () => {
  const good = {
    id: 'a',
    items: [{ name: 'tea', price: '12.30', note: null }],
    counts: new Map([['x', 1]]),
  }
  const [item] = good.items

  it('are of their type', () => expect(isValueOf(order.spec, good)).to.equal(true))

  const wrong: [unknown, string, string, string][] = [
    [
      { ...good, items: [item, item, { ...item, price: 12.3 }] },
      'items[2].price',
      'decimal(10,2)',
      'number 12.3',
    ],
    [{ ...good, items: [{ ...item, note: undefined }] }, 'items[0].note', 'optional(string)', 'undefined'],
    [{ ...good, items: [{ name: 'x', price: '1.00' }] }, 'items[0].note', 'optional(string)', 'undefined'],
    [{ ...good, items: null }, 'items', 'list', 'null'],
    [{ ...good, items: new Array(1) }, 'items[0]', 'struct', 'undefined'],
    [{ ...good, counts: { x: 1 } }, 'counts', 'map(string, int32)', 'object [object Object]'],
    [{ ...good, counts: new Map([['x', 1.5]]) }, 'counts["x"]', 'int32', 'number 1.5'],
    [{ ...good, counts: new Map([[7, 1]]) }, 'counts key number 7', 'string', 'number 7'],
    [{ ...good, id: 5 }, 'id', 'string', 'number 5'],
  ]
  for (const [value, path, expected, found] of wrong) {
    it(`name what is wrong: ${path}, ${found}`, () => {
      const error = { kind: 'data', code: 'wrong-type', found }
      expect(() => checkValue(order.spec, value, `field 'order'`))
        .to.throw()
        .that.includes({ ...error, thing: `field 'order.${path}'` })
        .and.satisfies((thrown: { expected: string }) => thrown.expected.startsWith(expected))
    })
  }

  it('have no other fields, and are plain objects', () => {
    class Order {
      readonly id: string = 'a'
      readonly items: unknown[] = []
      readonly counts: ReadonlyMap<string, number> = new Map<string, number>()
    }
    expect(isValueOf(order.spec, { ...good, more: 1 })).to.equal(false)
    expect(isValueOf(order.spec, new Order())).to.equal(false)
    expect(isValueOf(order.spec, Object.assign(Object.create(null), good))).to.equal(true)
  })

  it('name a lone surrogate inside', () => {
    expect(() => checkValue(t.list(t.string()).spec, ['\ud800'], 'state tags'))
      .to.throw()
      .that.includes({ code: 'lone-surrogate', thing: 'state tags[0]' })
  })

  it('are copied and frozen when they are stored, maps in the order of their keys', () => {
    const given = {
      ...good,
      counts: new Map([
        ['b', 1],
        ['\u{10000}', 2],
        ['\uffff', 3],
        ['a', 4],
      ]),
    }
    const stored = storedValue(order.spec, given) as typeof given
    given.items.push(item!)
    given.counts.set('c', 5)
    expect(stored.items).to.have.length(1)
    expect([...stored.counts.keys()]).to.deep.equal(['a', 'b', '\uffff', '\u{10000}'])
    expect(() => stored.items.push(item!)).to.throw(TypeError)
    expect(Object.isFrozen(stored)).to.equal(true)
    expect(() => stored.counts.set('c', 5)).to.throw(TypeError, 'set a new one')
    expect(() => stored.counts.delete('a')).to.throw(TypeError)
    expect(() => stored.counts.clear()).to.throw(TypeError)
    expect(stored.counts.size).to.equal(4)
  })

  it('are rounded like columns round them', () => {
    const type = t.list(t.struct({ half: t.float32(), whole: t.int8() })).spec
    const [first] = storedValue(type, [{ half: 0.1, whole: -0 }]) as [{ half: number; whole: number }]
    expect(first.half).to.equal(Math.fround(0.1))
    expect(Object.is(first.whole, 0)).to.equal(true)
  })
})

describe('decimals', () => {
  const good: [number, number, string][] = [
    [4, 2, '12.30'],
    [4, 2, '-99.99'],
    [4, 2, '0.00'],
    [2, 2, '0.99'],
    [3, 0, '-120'],
    [38, 0, '9'.repeat(38)],
    [38, 38, `-0.${'9'.repeat(38)}`],
  ]
  for (const [precision, scale, text] of good) {
    it(`decimal(${precision},${scale}) has ${text}`, () => {
      expect(isValueOf(t.decimal(precision, scale).spec, text)).to.equal(true)
    })
  }

  const bad = [
    '12.3',
    '12.300',
    '012.30',
    '.30',
    '12.',
    '+1.00',
    '-0.00',
    '100.00',
    ' 1.00',
    '1e1',
    '',
    '1,00',
  ]
  for (const text of bad) {
    it(`decimal(4,2) has not '${text}'`, () => {
      expect(isValueOf(t.decimal(4, 2).spec, text)).to.equal(false)
    })
  }
})
