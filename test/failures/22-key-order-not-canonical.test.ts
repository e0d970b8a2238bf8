// Keys grouped or ordered by an encoding that is not canonical: one key's records in two groups (Beam #409).
import { expect } from 'chai'
import fc from 'fast-check'
import { hashKeys } from '../../src/codec/key-columns.ts'
import { jsonDecoder } from '../../src/codec/json.ts'
import { keyGroupOf } from '../../src/record/key-group.ts'
import { keyCodec } from '../../src/record/key.ts'
import type { TypeSpec } from '../../src/record/type.ts'
import { requiredTypes, texts, valuesOf } from '../codec/arbitraries.ts'
import { columnOf } from '../codec/columns.ts'

const keyTypes = requiredTypes.filter(({ kind }) => kind !== 'bytes' && !kind.startsWith('float'))

describe('failure 22: key order and groups by a canonical encoding', () => {
  it('a key from a column and the same key in code are in one group', () => {
    const keyed = fc.constantFrom(...keyTypes).chain(type => fc.tuple(fc.constant(type), valuesOf(type)))
    fc.assert(
      fc.property(keyed, ([type, key]) => {
        const codec = keyCodec({ fields: [{ name: 'k', type }] })
        const hashes = new Int32Array(1)
        hashKeys(codec, [columnOf(type, [key])], hashes)
        expect(keyGroupOf(hashes[0]!, 256)).to.equal(codec.group(codec.check(key), 256))
      }),
      { numRuns: 500 },
    )
  })

  it('−0 in a message is in the group of 0, and is the same key', () => {
    const type: TypeSpec = { kind: 'int32' }
    const codec = keyCodec({ fields: [{ name: 'k', type }] })
    const { k } = jsonDecoder([{ name: 'k', type }], 'message')(JSON.parse('{"k":-0}'))
    const key = codec.check(k)
    expect(Object.is(key, 0)).to.equal(true)
    expect(codec.compare(key, 0)).to.equal(0)
    expect(codec.group(key, 256)).to.equal(codec.group(0, 256))
  })

  it('Unicode forms are not folded: another code point is another key, in order and in bytes', () => {
    const codec = keyCodec({ fields: [{ name: 'k', type: { kind: 'string' } }] })
    expect(codec.compare('é', 'e\u0301')).not.to.equal(0)
    expect(codec.bytes('é')).not.to.deep.equal(codec.bytes('e\u0301'))
  })

  it('order agrees with canonical bytes for text, so that a merge of sorted runs never splits a key', () => {
    const codec = keyCodec({ fields: [{ name: 'k', type: { kind: 'string' } }] })
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 20 }), keys => {
        const byKey = [...keys].sort((a, b) => codec.compare(a, b))
        const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        expect(byKey).to.deep.equal(byBytes)
      }),
    )
  })

  for (const kind of ['float32', 'float64'] as const) {
    it(`${kind} can't be a key: NaN and −0 would split or join groups`, () => {
      expect(() => keyCodec({ fields: [{ name: 'k', type: { kind } }] }))
        .to.throw()
        .that.includes({ kind: 'invalid', code: 'bad-key-type' })
    })
  }
})
