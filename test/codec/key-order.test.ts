import { expect } from 'chai'
import fc from 'fast-check'
import { keyOrder } from '../../src/codec/key-order.ts'
import { keyCodec, type Key } from '../../src/record/key.ts'
import type { TypeSpec } from '../../src/record/type.ts'
import { texts } from './arbitraries.ts'

const codecOf = (...types: TypeSpec[]): ReturnType<typeof keyCodec> =>
  keyCodec({ fields: types.map((type, i) => ({ name: `f${i}`, type })) })

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{1F600}', '\uffff', '\0'), maxLength: 9 })

describe('key order', () => {
  const keyLists: [string, ReturnType<typeof keyCodec>, fc.Arbitrary<Key>][] = [
    ['texts', codecOf({ kind: 'string' }), texts],
    ['texts that begin alike', codecOf({ kind: 'string' }), word.map(text => `customer ${text}`)],
    [
      'ASCII texts',
      codecOf({ kind: 'string' }),
      fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\x7f'), maxLength: 9 }),
    ],
    ['bigints', codecOf({ kind: 'int64' }), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
    ['tuples', codecOf({ kind: 'string' }, { kind: 'int32' }), fc.tuple(word, fc.integer())],
  ]
  for (const [what, codec, keys] of keyLists) {
    it(`of ${what} is that of the codec`, () => {
      const distinct = fc.uniqueArray(keys, { selector: key => codec.mapKey(key), maxLength: 60 })
      fc.assert(
        fc.property(distinct, list => {
          const expected = [...list].sort((a, b) => codec.compare(a, b))
          expect(Array.from(keyOrder(codec, list), i => list[i])).to.deep.equal(expected)
        }),
        { numRuns: 300 },
      )
    })
  }
})
