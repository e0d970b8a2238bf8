import { expect } from 'chai'
import fc from 'fast-check'
import { jsonText } from '../../src/codec/json-text.ts'

describe('JSON text without a schema', () => {
  it('is what JSON.stringify gives, where that loses nothing', () => {
    const values = fc
      .jsonValue({ noUnicodeString: false })
      .filter(value => !JSON.stringify(value).includes('\\ud'))
    fc.assert(
      fc.property(values, value => {
        const back: unknown = JSON.parse(jsonText(value))
        expect(back).to.deep.equal(value)
        if (!jsonText(value).includes('-0')) expect(jsonText(value)).to.equal(JSON.stringify(value))
      }),
      { numRuns: 300 },
    )
  })

  const texts: [unknown, string][] = [
    [{ customer: 'a', total: 1.5 }, '{"customer":"a","total":1.5}'],
    [{ a: -0, b: [-0, 0] }, '{"a":-0,"b":[-0,0]}'],
    [{ a: NaN, b: Infinity, c: -Infinity }, '{"a":"NaN","b":"Infinity","c":"-Infinity"}'],
    [{ a: 2n ** 64n, b: [{ c: 1n }] }, '{"a":"18446744073709551616","b":[{"c":"1"}]}'],
    [{ a: Uint8Array.of(1, 2, 3), b: Buffer.from('hi') }, '{"a":"AQID","b":"aGk="}'],
    [{ a: {}, b: [], c: null, d: true }, '{"a":{},"b":[],"c":null,"d":true}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [{ '\n"': '\u2028' }, '{"\\n\\"":"\u2028"}'],
  ]
  for (const [value, text] of texts) {
    it(`writes ${text}`, () => {
      expect(jsonText(value)).to.equal(text)
    })
  }

  it('writes a value that is in two places twice', () => {
    const shared = { a: -0 }
    expect(jsonText({ b: shared, c: [shared, shared] })).to.equal('{"b":{"a":-0},"c":[{"a":-0},{"a":-0}]}')
  })

  const cycle: Record<string, unknown> = {}
  cycle['self'] = [cycle]
  let deep: unknown = 0
  for (let i = 0; i < 100_000; i++) deep = [deep]
  class Money {
    readonly amount: number = 1
  }
  const sparse: unknown[] = [1]
  sparse[2] = 3

  const refused: [string, unknown, string][] = [
    ['undefined', { a: { b: [0, undefined] } }, 'record.a.b[1]'],
    ['a hole', { a: sparse }, 'record.a[1]'],
    ['a function', { a: () => 1 }, 'record.a'],
    ['a symbol', { a: Symbol('s') }, 'record.a'],
    ['a date', { a: 1, b: new Date(0) }, 'record.b'],
    ['a set', { a: new Set() }, 'record.a'],
    ['a class instance', { a: new Money() }, 'record.a'],
    ['a cycle', { a: cycle }, 'record.a.self[0]'],
  ]
  for (const [what, value, thing] of refused) {
    it(`refuses ${what} and says where`, () => {
      expect(() => jsonText(value))
        .to.throw()
        .that.includes({ kind: 'data', code: 'not-json', thing })
    })
  }

  it('refuses a value too deep for a stack', () => {
    expect(() => jsonText(deep))
      .to.throw()
      .that.includes({ code: 'not-json' })
  })

  it('refuses lone surrogates, in names too', () => {
    const error = { code: 'lone-surrogate' }
    expect(() => jsonText({ a: '\ud800' }))
      .to.throw()
      .that.includes({ ...error, thing: 'record.a' })
    expect(() => jsonText({ '\udfff': 1 }))
      .to.throw()
      .that.includes(error)
  })
})
