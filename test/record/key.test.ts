import { expect } from 'chai'
import fc from 'fast-check'
import { keyCodec, type Key, type KeyCodec } from '../../src/record/key.ts'
import type { RequiredSpec, TypeSpec } from '../../src/record/type.ts'
import { requiredTypes, texts, valuesOf } from '../codec/arbitraries.ts'

const codecOf = (...types: TypeSpec[]): KeyCodec =>
  keyCodec({ fields: types.map((type, i) => ({ name: `f${i}`, type })) })
const hex = (codec: KeyCodec, key: Key): string => Buffer.from(codec.bytes(key)).toString('hex')

const string: RequiredSpec = { kind: 'string' }
const keyTypes = requiredTypes.filter(({ kind }) => kind !== 'bytes' && !kind.startsWith('float'))

/** A codec with two keys of it. */
const twoKeys = fc.array(fc.constantFrom(...keyTypes), { minLength: 1, maxLength: 3 }).chain(types => {
  const codec = codecOf(...types)
  const key = fc.tuple(...types.map(valuesOf)).map(parts => codec.fromParts(parts as (string | number)[]))
  return fc.record({ codec: fc.constant(codec), a: key, b: fc.oneof(key, fc.constant(null)) })
})

describe('key bytes', () => {
  const cases: [TypeSpec[], Key, string][] = [
    [[string], 'né', '6ec3a9'],
    [[{ kind: 'enum', values: ['a', 'b'] }], 'b', '62'],
    [[{ kind: 'int8' }], -1, 'ffffffffffffffff'],
    [[{ kind: 'int32' }], 258, '0201000000000000'],
    [[{ kind: 'int64' }], -(2n ** 63n), '0000000000000080'],
    [[{ kind: 'safeInt64' }], 2 ** 53 - 1, 'ffffffffffff1f00'],
    [[{ kind: 'bool' }], true, '0100000000000000'],
    [[{ kind: 'date' }], 1, '0100000000000000'],
    [[{ kind: 'timestamp', unit: 'ms' }], 1, 'e803000000000000'],
    [[{ kind: 'timestamp', unit: 'us' }], 1000, 'e803000000000000'],
    [[{ kind: 'timestamp', unit: 'ns' }], 1000n, 'e803000000000000'],
    [[string, { kind: 'int16' }], ['ab', 3], '020000006162080000000300000000000000'],
    [[string, string], ['', 'a'], '000000000100000061'],
  ]
  for (const [types, key, bytes] of cases) {
    it(`of ${JSON.stringify(types)} ${String(key)}`, () => {
      expect(hex(codecOf(...types), key)).to.equal(bytes)
    })
  }

  it('are equal, like map keys and order, for equal keys only', () => {
    fc.assert(
      fc.property(twoKeys, ({ codec, a, b: other }) => {
        const b = other ?? structuredClone(a)
        const equal =
          JSON.stringify(codec.parts(a).map(String)) === JSON.stringify(codec.parts(b).map(String))
        expect(hex(codec, a) === hex(codec, b)).to.equal(equal)
        expect(codec.mapKey(a) === codec.mapKey(b)).to.equal(equal)
        expect(codec.compare(a, b) === 0).to.equal(equal)
        expect(codec.group(a, 256)).to.be.within(0, 255)
      }),
      { numRuns: 500 },
    )
  })
})

describe('key order', () => {
  it('of texts is that of their UTF-8 bytes', () => {
    const codec = codecOf(string)
    const near = fc.tuple(texts, fc.constantFrom('', '\uffff', '\u{10000}', '\ue000', 'z'))
    fc.assert(
      fc.property(near, near, ([a, x], [b, y]) => {
        const byBytes = Buffer.compare(Buffer.from(a + x), Buffer.from(b + y))
        expect(Math.sign(codec.compare(a + x, b + y))).to.equal(byBytes)
      }),
      { numRuns: 1000 },
    )
    expect(codec.compare('\uffff', '\u{10000}')).to.be.below(0)
  })

  it('of tuples goes field by field', () => {
    const codec = codecOf(string, { kind: 'int64' }, { kind: 'bool' })
    const keys: Key[] = [
      ['b', -1n, false],
      ['a', 10n, true],
      ['a', 9n, true],
      ['a', 9n, false],
      ['a', -(2n ** 63n), true],
    ]
    expect(keys.sort((a, b) => codec.compare(a, b))).to.deep.equal([
      ['a', -(2n ** 63n), true],
      ['a', 9n, false],
      ['a', 9n, true],
      ['a', 10n, true],
      ['b', -1n, false],
    ])
  })
})

describe('key check', () => {
  const refused: [TypeSpec[], unknown, string][] = [
    [[string], null, 'null-key'],
    [[string], undefined, 'null-key'],
    [[string], 5, 'wrong-type'],
    [[string], '\ud800', 'lone-surrogate'],
    [[{ kind: 'int64' }], 5, 'wrong-type'],
    [[{ kind: 'safeInt64' }], 5n, 'wrong-type'],
    [[{ kind: 'int32' }], NaN, 'wrong-type'],
    [[{ kind: 'int32' }], 1.5, 'wrong-type'],
    [[{ kind: 'safeInt64' }], 2 ** 53, 'wrong-type'],
    [[{ kind: 'enum', values: ['a'] }], 'b', 'wrong-type'],
    [[string, string], 'a', 'wrong-type'],
    [[string, string], ['a'], 'wrong-type'],
    [[string, string], ['a', null], 'null-key'],
  ]
  for (const [types, key, code] of refused) {
    it(`refuses ${JSON.stringify(types)} ${typeof key} ${String(key)}: ${code}`, () => {
      expect(() => codecOf(...types).check(key))
        .to.throw()
        .that.includes({ kind: 'data', code })
    })
  }

  for (const kind of ['float32', 'float64', 'bytes'] as const) {
    it(`refuses ${kind} as a key type`, () => {
      expect(() => codecOf({ kind }))
        .to.throw()
        .that.includes({ kind: 'invalid', code: 'bad-key-type' })
    })
  }

  it('refuses a key of no fields', () => {
    expect(() => codecOf())
      .to.throw()
      .that.includes({ code: 'bad-key-type' })
  })

  it('makes a tuple of its own', () => {
    const given = ['a', -0]
    const key = codecOf(string, { kind: 'int32' }).check(given) as unknown[]
    expect(key).not.to.equal(given)
    expect(Object.is(key[1], 0)).to.equal(true)
  })
})
