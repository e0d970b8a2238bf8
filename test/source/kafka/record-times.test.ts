/** Times of records, which producers may fill with any 64 bits: nanoseconds, or the largest number. Bytes by hand after Kafka's specification. */
import { expect } from 'chai'
import { BatchRecords, recordPlace, type BatchHeader } from '../../../src/kafka/record-batch.ts'
import { listOffsetsOf } from '../../../src/kafka/responses.ts'

/** A number as a zigzag varint. */
function zigzag(value: bigint): number[] {
  const bytes: number[] = []
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  return [...bytes, Number(left)]
}

/** The times of a batch's records, as they are read. */
function timesOf(times: readonly bigint[], header: Partial<BatchHeader> = {}): number[] {
  const baseTime = times[0] as bigint
  const records = times.map((time, i) => {
    const body = [0, ...zigzag(BigInt.asIntN(64, time - baseTime)), i * 2, 1, 1, 0]
    return [...zigzag(BigInt(body.length)), ...body]
  })
  const count = times.length
  const whole = {
    baseOffset: 0,
    next: count,
    baseTime,
    maxTime: -1n,
    isLogAppendTime: false,
    count,
    ...header,
  }
  const reader = new BatchRecords(whole as BatchHeader, Buffer.from(records.flat()))
  const place = recordPlace()
  const found: number[] = []
  while (reader.next(place)) found.push(place.time)
  return found
}

describe('times of records', () => {
  const [now, nanos] = [1_700_000_000_000, 1_700_000_000_000_000_001n]

  it('are exact up to 2^53 − 1 ms, whatever stands before them in their batch', () => {
    const safe = BigInt(Number.MAX_SAFE_INTEGER)
    expect(timesOf([0n, 1n, safe])).to.deep.equal([0, 1, Number.MAX_SAFE_INTEGER])
    expect(timesOf([BigInt(now), BigInt(now) - 5n])).to.deep.equal([now, now - 5])
    expect(timesOf([nanos, BigInt(now), BigInt(now) + 1n])).to.deep.equal([-1, now, now + 1])
  })

  it('are none where they are no instant', () => {
    const largest = 2n ** 63n - 1n
    expect(timesOf([BigInt(now), nanos, largest, -1n])).to.deep.equal([now, -1, -1, -1])
    expect(timesOf([largest, 2n ** 53n])).to.deep.equal([-1, -1])
    expect(timesOf([-1n, -1n])).to.deep.equal([-1, -1])
  })

  it('are the broker’s where it set them', () => {
    expect(timesOf([nanos, 5n], { isLogAppendTime: true, maxTime: BigInt(now) })).to.deep.equal([now, now])
    expect(timesOf([1n], { isLogAppendTime: true, maxTime: nanos })).to.deep.equal([-1])
  })

  it('do not hinder the answer where a time begins', () => {
    const bytes = Buffer.alloc(36)
    Buffer.from([0, 0, 0, 0, 2, 2, 0x61, 2]).copy(bytes) // throttled, one topic, its name, one partition
    bytes.writeInt32BE(3, 8)
    bytes.writeBigInt64BE(nanos, 14)
    bytes.writeBigInt64BE(77n, 22)
    expect(listOffsetsOf(bytes)).to.deep.equal([{ partition: 3, error: 0, offset: 77 }])
  })
})
