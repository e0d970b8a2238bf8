import { expect } from 'chai'
import fc from 'fast-check'
import { keyGroupOf } from '../../src/record/key-group.ts'
import { keyCodec, type Key } from '../../src/record/key.ts'
import { murmur3, murmur3Int64 } from '../../src/record/murmur3.ts'
import type { TypeSpec } from '../../src/record/type.ts'

const hashOf = (bytes: Uint8Array): number => murmur3(bytes, 0, bytes.length)
const keyHash = (type: TypeSpec, key: Key): number =>
  hashOf(keyCodec({ fields: [{ name: 'k', type }] }).bytes(key))

describe('murmur3', () => {
  // Widely published values of MurmurHash3 x86 32 with seed 0.
  const published: [string, number][] = [
    ['', 0],
    ['a', 0x3c2569b2],
    ['hello', 0x248bfa47],
    ['hello, world', 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ]
  for (const [text, hash] of published) {
    it(`of '${text}' is 0x${hash.toString(16)}`, () => {
      expect(hashOf(Buffer.from(text)) >>> 0).to.equal(hash)
    })
  }

  // Apache Iceberg, table spec, appendix B, "32-bit Hash Requirements". 2017-11-16 is day 17486.
  const iceberg: [TypeSpec, Key, number][] = [
    [{ kind: 'string' }, 'iceberg', 1210000089],
    [{ kind: 'int32' }, 34, 2017239379],
    [{ kind: 'int64' }, 34n, 2017239379],
    [{ kind: 'safeInt64' }, 34, 2017239379],
    [{ kind: 'date' }, 17486, -653330422],
    [{ kind: 'timestamp', unit: 'us' }, 1_510_871_468_000_000, -2047944441],
    [{ kind: 'timestamp', unit: 'ms' }, 1_510_871_468_000, -2047944441],
  ]
  for (const [type, key, hash] of iceberg) {
    it(`of ${JSON.stringify(type)} ${String(key)} is Iceberg's ${hash}`, () => {
      expect(keyHash(type, key)).to.equal(hash)
    })
  }

  it('of bytes 00 01 02 03 is Iceberg’s, wherever they lie', () => {
    expect(murmur3(Uint8Array.of(9, 0, 1, 2, 3, 9), 1, 5)).to.equal(-188683207)
  })

  it('gives Iceberg’s bucket', () => {
    expect(keyGroupOf(keyHash({ kind: 'int64' }, 34n), 100)).to.equal(79)
    expect(keyGroupOf(-1, 256)).to.equal(255)
  })

  it('of two words is that of their 8 bytes', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (low, high) => {
        const bytes = new Uint8Array(Int32Array.of(low, high).buffer)
        expect(murmur3Int64(low, high)).to.equal(hashOf(bytes))
      }),
    )
  })
})
