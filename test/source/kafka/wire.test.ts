/** Bytes of Kafka's protocol, by hand after its specification. */
import { expect } from 'chai'
import { fetchOf } from '../../../src/kafka/responses.ts'
import { int64At, WireReader } from '../../../src/kafka/wire-reader.ts'

const hex = (...parts: readonly string[]): Buffer => Buffer.from(parts.join(''), 'hex')

describe('the bytes of Kafka’s answers', () => {
  it('tagged fields that are not known are passed over, wherever they stand', () => {
    const partition = hex(
      '00000003' + '004a', // partition 3, FENCED_LEADER_EPOCH
      'ffffffffffffffff'.repeat(3), // no offsets
      '00' + 'ffffffff' + '00', // no aborted transactions, no replica, no records
      '02' + '0004' + 'aabbccdd' + '0702ffff', // two tagged fields: 0 of 4 bytes, 7 of 2
    )
    const answer = hex(
      '00000000' + '0000' + '00000000' + '02' + '00'.repeat(16),
      '03' + partition.toString('hex').repeat(2) + '010101ff' + '00',
    )
    const partitions = fetchOf(answer).partitions.map(({ partition: number, error }) => [number, error])
    expect(partitions).to.deep.equal([
      [3, 74],
      [3, 74],
    ])
  })

  it('whole numbers up to 2^53 − 1, and none above', () => {
    expect(int64At(hex('001fffffffffffff'), 0)).to.equal(Number.MAX_SAFE_INTEGER)
    expect(int64At(hex('ffffffffffffffff'), 0)).to.equal(-1)
    expect(() => int64At(hex('0020000000000000'), 0)).to.throw(RangeError, '9007199254740992')
  })

  it('an answer that is cut off anywhere ends in an error', () => {
    const reader = new WireReader(hex('05616263'))
    expect(() => reader.string()).to.throw(RangeError, 'cut off')
    expect(() => new WireReader(hex('ffffffffffff')).unsignedVarInt()).to.throw(RangeError)
    expect(new WireReader(hex('00')).string()).to.equal(null)
    expect(new WireReader(hex('04616263')).string()).to.equal('abc')
  })
})
