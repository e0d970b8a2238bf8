import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { murmur2, partitionOfKey } from '../../src/codec/partition-of-key.ts'

interface Vectors {
  readonly subcases: readonly { readonly keyUtf8: string; readonly murmur2: number }[]
}

const file = new URL('../../fixtures/cases/kafka-murmur2-partitioner-vectors.json', import.meta.url)
const { subcases } = JSON.parse(readFileSync(file, 'utf8')) as Vectors

describe('partitioner', () => {
  for (const { keyUtf8, murmur2: expected } of subcases) {
    it(`hashes '${keyUtf8}' as Kafka does`, () => {
      const hash = murmur2(new TextEncoder().encode(keyUtf8))
      expect(hash).to.equal(expected)
      for (const partitions of [1, 2, 7, 1000]) {
        expect(partitionOfKey(keyUtf8, partitions)).to.equal((expected & 0x7fffffff) % partitions)
      }
    })
  }

  it('takes a key that is no text by its JSON text', () => {
    expect(partitionOfKey(21, 1000)).to.equal(partitionOfKey('21', 1000))
    expect(partitionOfKey({ a: 1 }, 1000)).to.equal(partitionOfKey('{"a":1}', 1000))
  })
})
