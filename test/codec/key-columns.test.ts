import { expect } from 'chai'
import fc from 'fast-check'
import { hashKeys, keyReader } from '../../src/codec/key-columns.ts'
import { keyCodec, type Key, type KeyPart } from '../../src/record/key.ts'
import { murmur3 } from '../../src/record/murmur3.ts'
import type { Field } from '../../src/record/record.ts'
import type { RequiredSpec, TypeSpec } from '../../src/record/type.ts'
import { requiredTypes, valuesOf } from './arbitraries.ts'
import { columnOf } from './columns.ts'

const keyTypes = requiredTypes.filter(({ kind }) => kind !== 'bytes' && !kind.startsWith('float'))

/** One to four key fields, and rows with a part for each; a part may be absent. */
const keyedRows = fc.array(fc.constantFrom(...keyTypes), { minLength: 1, maxLength: 4 }).chain(types =>
  fc.record({
    types: fc.constant(types),
    rows: fc.array(fc.tuple(...types.map(type => fc.option(valuesOf(type), { freq: 9 }))), { maxLength: 30 }),
  }),
)

const fieldsOf = (types: readonly RequiredSpec[]): Field[] =>
  types.map((type, i) => ({ name: `f${i}`, type }))

describe('key columns', () => {
  it('hash like the canonical bytes of the keys, and give the keys back', () => {
    fc.assert(
      fc.property(keyedRows, ({ types, rows }) => {
        const codec = keyCodec({ fields: fieldsOf(types) })
        const columns = types.map((of, i) => {
          const type: TypeSpec = { kind: 'optional', of }
          return columnOf(
            type,
            rows.map(row => row[i]),
          )
        })
        const hashes = new Int32Array(rows.length).fill(-1)
        const nulls = hashKeys(codec, columns, hashes)
        const read = keyReader(codec, columns)
        const absent = rows.flatMap((row, i) => (row.includes(null) ? [i] : []))
        expect(nulls.rows).to.deep.equal(absent)
        for (const [i, row] of rows.entries()) {
          expect(absent.includes(i) && hashes[i] !== 0).to.equal(false)
          if (absent.includes(i)) continue
          const key = codec.fromParts(row as KeyPart[])
          const bytes = codec.bytes(key)
          expect(hashes[i]).to.equal(murmur3(bytes, 0, bytes.length))
          expect(read(i)).to.deep.equal(key)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('hash a long text in a tuple', () => {
    const codec = keyCodec({ fields: fieldsOf([{ kind: 'string' }, { kind: 'int32' }]) })
    const key: Key = ['x'.repeat(5000), 7]
    const hashes = new Int32Array(1)
    hashKeys(codec, [columnOf({ kind: 'string' }, [key[0]]), columnOf({ kind: 'int32' }, [7])], hashes)
    const bytes = codec.bytes(key)
    expect(hashes[0]).to.equal(murmur3(bytes, 0, bytes.length))
  })

  it('give one key group to one instant, in ms and in us', () => {
    const at = 1_700_000_000_123
    const hashes = [new Int32Array(1), new Int32Array(1)]
    for (const [i, [unit, value]] of (
      [
        ['ms', at],
        ['us', at * 1000],
      ] as const
    ).entries()) {
      const type = { kind: 'timestamp', unit } as const
      hashKeys(keyCodec({ fields: fieldsOf([type]) }), [columnOf(type, [value])], hashes[i]!)
    }
    expect(hashes[0]).to.deep.equal(hashes[1])
  })
})
