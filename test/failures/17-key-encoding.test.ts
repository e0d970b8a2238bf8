// Values that are equal must have equal bytes on every run; values that differ must not meet in one key.
// (TanStack db-ivm hashed Date, Uint8Array, bigint, −0 and NaN in ways that split or joined keys.)
import { expect } from 'chai'
import { keyCodec, type Key } from '../../src/record/key.ts'
import type { TypeSpec } from '../../src/record/type.ts'

const bytesOf = (type: TypeSpec, key: unknown): string => {
  const codec = keyCodec({ fields: [{ name: 'k', type }] })
  return Buffer.from(codec.bytes(codec.check(key))).toString('hex')
}

describe('failure 17: key encoding', () => {
  it('one number has one encoding, whatever type holds it', () => {
    const forms: [TypeSpec, Key][] = [
      [{ kind: 'int8' }, 7],
      [{ kind: 'int16' }, 7],
      [{ kind: 'int32' }, 7],
      [{ kind: 'int64' }, 7n],
      [{ kind: 'safeInt64' }, 7],
      [{ kind: 'date' }, 7],
      [{ kind: 'timestamp', unit: 'us' }, 7],
      [{ kind: 'timestamp', unit: 'ns' }, 7n],
    ]
    for (const [type, key] of forms) expect(bytesOf(type, key), type.kind).to.equal('0700000000000000')
  })

  it('−0 is 0', () => {
    expect(bytesOf({ kind: 'int32' }, -0)).to.equal(bytesOf({ kind: 'int32' }, 0))
    expect(bytesOf({ kind: 'safeInt64' }, -0)).to.equal(bytesOf({ kind: 'safeInt64' }, 0))
  })

  it('numbers that differ beyond 2^53 stay apart', () => {
    expect(bytesOf({ kind: 'int64' }, 2n ** 53n)).not.to.equal(bytesOf({ kind: 'int64' }, 2n ** 53n + 1n))
  })

  it('tuples whose parts run together stay apart', () => {
    const fields = ['a', 'b'].map(name => ({ name, type: { kind: 'string' } as const }))
    const codec = keyCodec({ fields })
    const keys = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['', 'abc'],
      ['abc', ''],
    ] as const
    expect(new Set(keys.map(key => Buffer.from(codec.bytes(key)).toString('hex'))).size).to.equal(4)
    expect(new Set(keys.map(key => codec.mapKey(key))).size).to.equal(4)
  })

  const noKeys: [string, TypeSpec, unknown][] = [
    ['a Date', { kind: 'timestamp', unit: 'ms' }, new Date(0)],
    ['an object', { kind: 'string' }, { id: 1 }],
    ['bytes', { kind: 'string' }, Uint8Array.of(1)],
    ['NaN', { kind: 'int32' }, NaN],
    ['a boxed string', { kind: 'string' }, Object('a')],
    ['a bigint for a number', { kind: 'safeInt64' }, 1n],
    ['a number for a bigint', { kind: 'int64' }, 1],
  ]
  for (const [what, type, key] of noKeys) {
    it(`${what} is refused instead of being given bytes that depend on the run`, () => {
      expect(() => bytesOf(type, key))
        .to.throw()
        .that.includes({ kind: 'data', code: 'wrong-type' })
    })
  }
})
