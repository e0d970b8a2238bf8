/** What a partition's reader hands out of several Fetches that wait, whatever the size of a batch. Bytes by hand after Kafka's specification. */
import { expect } from 'chai'
import { PartitionCursor } from '../../../src/source/kafka/partition-cursor.ts'
import { openReader, recordMaker } from '../../../src/source/kafka/record-maker.ts'

const crc32c = (): number => 0x01020304

/** A batch of records without keys, whose values are their offsets. */
function batch(base: number, count: number): Buffer {
  const records = Array.from({ length: count }, (_, i) => {
    const value = Buffer.from(String(base + i))
    // attributes, time, offset, no key, value, no headers; numbers below 64 are one byte in zigzag
    const body = Buffer.concat([Buffer.from([0, 0, i * 2, 1, value.length * 2]), value, Buffer.from([0])])
    return Buffer.concat([Buffer.from([body.length * 2]), body])
  })
  const head = Buffer.alloc(61)
  head.writeBigInt64BE(BigInt(base), 0)
  head[16] = 2
  head.writeUInt32BE(crc32c(), 17)
  head.writeInt32BE(count - 1, 23)
  head.writeBigInt64BE(-1n, 43)
  head.writeInt32BE(count, 57)
  const whole = Buffer.concat([head, ...records])
  whole.writeInt32BE(whole.length - 12, 8)
  return whole
}

async function cursor(until: number): Promise<PartitionCursor> {
  const [key, value] = [await openReader('string'), await openReader('json')]
  const make = recordMaker({ topic: 'numbers', log: 'numbers', partition: 0, key, value })
  return new PartitionCursor({ partition: 0, from: 0, until }, 'numbers', make, {
    crc32c,
    unpack: (_codec, bytes) => bytes,
  })
}

describe('the reader of a Kafka partition', () => {
  for (const max of [1, 7, 8, 12, 15, 16, 100]) {
    it(`hands out what several Fetches brought, at most ${max} records at once`, async () => {
      const reader = await cursor(40)
      const found: unknown[] = []
      for (let base = 0; base < 40; base += 10) {
        reader.add(Buffer.concat([batch(base, 4), batch(base + 4, 6)]), [])
        // Two Fetches wait at a time.
        if (base % 20 === 0) continue
        for (let taken = reader.take(max); taken !== null; taken = reader.take(max)) {
          expect(taken.records.length).to.be.within(1, max)
          expect(taken.next).to.equal(found.length + taken.records.length)
          found.push(...taken.records.map(({ value }) => value))
        }
      }
      expect(found).to.deep.equal(Array.from({ length: 40 }, (_, i) => i))
      expect(reader.isDone).to.equal(true)
    })
  }

  it('reads no keys where they are not needed, and all where nothing is said', async () => {
    const [key, value] = [await openReader('string'), await openReader('json')]
    const place = {
      bytes: Buffer.from('k{"a":1}'),
      offset: 5,
      time: 7,
      keyStart: 0,
      keyEnd: 1,
      valueStart: 1,
    }
    const whole = { ...place, valueEnd: 8, headerCount: 0, headersStart: 8 }
    const making = { topic: 'numbers', log: 'numbers', partition: 0, key, value }
    const keyed = { offset: 5, time: 7, key: 'k', value: { a: 1 }, headers: null }
    expect(recordMaker(making)(whole, false)).to.deep.equal(keyed)
    const needs = { fields: ['a'], keys: true }
    expect(recordMaker({ ...making, needs })(whole, false)).to.deep.equal(keyed)
    const without = recordMaker({ ...making, needs: { ...needs, keys: false } })(whole, false)
    expect(without).to.deep.equal({ ...keyed, key: null })
  })
})
