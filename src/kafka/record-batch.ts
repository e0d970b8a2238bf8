/**
 * Record batches of Kafka's format 2: the only file that knows their bytes. https://kafka.apache.org/documentation/#recordbatch
 *
 * | at | bytes | what                                                              |
 * |----|-------|-------------------------------------------------------------------|
 * | 0  | 8     | base offset                                                       |
 * | 8  | 4     | length of what follows                                            |
 * | 12 | 4     | partition leader epoch                                            |
 * | 16 | 1     | magic: 2                                                          |
 * | 17 | 4     | crc32c of all that follows                                        |
 * | 21 | 2     | attributes: 0–2 compression, 3 log append time, 4 transactional, 5 control |
 * | 23 | 4     | last offset − base offset, of the batch as it was written         |
 * | 27 | 16    | base and largest time, milliseconds                               |
 * | 43 | 14    | producer id and epoch, base sequence                              |
 * | 57 | 4     | count of records, which follow                                    |
 *
 * A record: length, attributes (a byte), time − base time, offset − base offset, key, value, count of headers, and for each
 * its key and value; numbers are zigzag varints, texts have their length in front, −1 for null.
 */
import type { Offset } from '../record/position.ts'
import { int64At } from './wire-reader.ts'

/** A batch that is not what it should be. Fetched again it may be. */
export class BatchFault extends Error {
  override readonly name: string = 'BatchFault'

  constructor(found: string, cause?: unknown) {
    super(found, cause === undefined ? undefined : { cause })
  }
}

const headerBytes = 61
const lengthAt = 8
const afterLength = 12

/** A batch's header. */
export interface BatchHeader {
  /** Bytes of the whole batch. */
  readonly size: number
  readonly baseOffset: Offset
  /** The offset behind the batch, whatever of it is still there. */
  readonly next: Offset
  /** A number of the table in compression.ts. */
  readonly codec: number
  readonly isLogAppendTime: boolean
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly baseTime: bigint
  readonly maxTime: bigint
  readonly producerId: bigint
  readonly count: number
}

/** Bytes of the batch that begins at `at`; null where it is not all there. */
export function batchSize(bytes: Buffer, at: number): number | null {
  if (bytes.length - at < afterLength) return null
  const size = afterLength + bytes.readInt32BE(at + lengthAt)
  if (size < headerBytes) throw new BatchFault(`a batch of ${size} bytes`)
  return bytes.length - at < size ? null : size
}

/** The offset behind the last whole batch; null where there is none. */
export function endOfBatches(bytes: Buffer): Offset | null {
  let end: Offset | null = null
  for (let at = 0, size = batchSize(bytes, 0); size !== null; size = batchSize(bytes, at)) {
    end = nextOf(bytes, at)
    at += size
  }
  return end
}

/** The header of the whole batch at `at`, its checksum checked. Errors: BatchFault. */
export function batchHeader(
  bytes: Buffer,
  at: number,
  size: number,
  crc32c: (bytes: Buffer) => number,
): BatchHeader {
  const magic = bytes[at + 16]
  if (magic !== 2) throw new BatchFault(`record format ${magic}, from before Kafka 0.11`)
  if (crc32c(bytes.subarray(at + 21, at + size)) !== bytes.readUInt32BE(at + 17)) {
    throw new BatchFault('a batch whose checksum does not match')
  }
  const attributes = bytes.readInt16BE(at + 21)
  return {
    size,
    baseOffset: int64At(bytes, at),
    next: nextOf(bytes, at),
    codec: attributes & 7,
    isLogAppendTime: (attributes & 8) !== 0,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0,
    baseTime: bytes.readBigInt64BE(at + 27),
    maxTime: bytes.readBigInt64BE(at + 35),
    producerId: bytes.readBigInt64BE(at + 43),
    count: bytes.readInt32BE(at + 57),
  }
}

/** The records of the batch at `at`, as they are stored. */
export function packedRecords(bytes: Buffer, at: number, size: number): Buffer {
  return bytes.subarray(at + headerBytes, at + size)
}

function nextOf(bytes: Buffer, at: number): Offset {
  return int64At(bytes, at) + bytes.readInt32BE(at + 23) + 1
}

/** Where the parts of one record are in `bytes`; filled anew for each record. */
export interface RecordPlace {
  bytes: Buffer
  offset: Offset
  /** Milliseconds; −1 where it has none, or one that is no instant: producers may write any 64 bits (nanoseconds). */
  time: number
  keyStart: number
  /** Below `keyStart` where the key is null. */
  keyEnd: number
  valueStart: number
  valueEnd: number
  headerCount: number
  headersStart: number
}

/** An empty place. */
export function recordPlace(): RecordPlace {
  return {
    bytes: Buffer.alloc(0),
    offset: 0,
    time: -1,
    keyStart: 0,
    keyEnd: -1,
    valueStart: 0,
    valueEnd: -1,
    headerCount: 0,
    headersStart: 0,
  }
}

/** The records of one batch, one after the other. */
export class BatchRecords {
  readonly header: BatchHeader
  readonly #bytes: Buffer
  /** NaN where times are not so simple. */
  readonly #baseTime: number
  #at = 0
  #before = 0
  #left: number

  /** `bytes`: the records, unpacked. */
  constructor(header: BatchHeader, bytes: Buffer) {
    this.header = header
    this.#bytes = bytes
    this.#left = header.count
    const { baseTime, isLogAppendTime } = header
    this.#baseTime = isLogAppendTime || !isSafe(baseTime) ? NaN : Number(baseTime)
  }

  /** Fills `place` with the next record; false behind the last. Errors: BatchFault. */
  next(place: RecordPlace): boolean {
    if (this.#left === 0) return false
    this.#left--
    this.#before = this.#at
    const bytes = this.#bytes
    const { baseOffset } = this.header
    cursor = this.#at
    const length = varInt(bytes)
    const end = cursor + length
    if (!(length > 0 && end <= bytes.length)) throw cutOff()
    cursor++ // attributes
    const timeStart = cursor
    const time = this.#baseTime + varLong(bytes)
    place.bytes = bytes
    place.time = time >= 0 && time <= Number.MAX_SAFE_INTEGER ? time : this.#oddTime(timeStart)
    place.offset = baseOffset + varInt(bytes)
    const keyLength = varInt(bytes)
    place.keyStart = cursor
    place.keyEnd = cursor + keyLength
    if (keyLength > 0) cursor = place.keyEnd
    const valueLength = varInt(bytes)
    place.valueStart = cursor
    place.valueEnd = cursor + valueLength
    if (valueLength > 0) cursor = place.valueEnd
    place.headerCount = varInt(bytes)
    place.headersStart = cursor
    if (cursor > end || (place.headerCount === 0 && cursor !== end)) throw cutOff()
    this.#at = end
    return true
  }

  #oddTime(start: number): number {
    const { isLogAppendTime, baseTime, maxTime } = this.header
    const time = isLogAppendTime ? maxTime : baseTime + bigVarLong(this.#bytes, start)
    return isSafe(time) ? Number(time) : -1
  }

  /** Makes `next` give the last record once more. */
  stepBack(): void {
    this.#at = this.#before
    this.#left++
  }
}

/** Calls `each` with every header's name and value; the value is null where it has none. Errors: BatchFault. */
export function eachHeader(place: RecordPlace, each: (name: string, value: Buffer | null) => void): void {
  const { bytes } = place
  cursor = place.headersStart
  for (let i = 0; i < place.headerCount; i++) {
    const name = headerPart(bytes)
    if (name === null) throw new BatchFault('a header without a name')
    const value = headerPart(bytes)
    const after = cursor
    each(name.toString('utf8'), value)
    cursor = after
  }
}

function headerPart(bytes: Buffer): Buffer | null {
  const length = varInt(bytes)
  const start = cursor
  if (start + length > bytes.length) throw cutOff()
  if (length < 0) return null
  cursor += length
  return bytes.subarray(start, cursor)
}

/** Whether a control record aborts a transaction; the others end it well. Its key is a version and a kind. */
export function isAbortMarker({ bytes, keyStart, keyEnd }: RecordPlace): boolean {
  if (keyEnd - keyStart < 4) throw new BatchFault('a control record without a kind')
  return bytes.readInt16BE(keyStart + 2) === 0
}

/** Where varints are read; a field of the module, since a field of an object costs a fifth of the decoding. */
let cursor = 0

function varInt(bytes: Buffer): number {
  let byte = bytes[cursor++]!
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 0x7f
  for (let shift = 7; shift < 35; shift += 7) {
    byte = bytes[cursor++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
  }
  throw cutOff()
}

/** As numbers: the shifts of JavaScript have 32 bits. */
function varLong(bytes: Buffer): number {
  let byte = bytes[cursor++]!
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 0x7f
  for (let factor = 0x80; factor < 2 ** 70; factor *= 0x80) {
    byte = bytes[cursor++]!
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  throw cutOff()
}

/** What `varLong` rounds. */
function bigVarLong(bytes: Buffer, start: number): bigint {
  let value = 0n
  for (let at = start, shift = 0n; ; at++, shift += 7n) {
    const byte = bytes[at]!
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return (value >> 1n) ^ -(value & 1n)
  }
}

function isSafe(value: bigint): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER
}

function cutOff(): BatchFault {
  return new BatchFault('a record that is cut off, or longer than it says')
}
