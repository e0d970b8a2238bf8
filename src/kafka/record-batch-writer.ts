/** Writes record batches of Kafka's format 2; the table of their bytes is in record-batch.ts. */
import type { OutMessage } from '../record/out-message.ts'

/** Whose batch it is. */
export interface BatchOwner {
  readonly producerId: bigint
  readonly epoch: number
  /** The first message's number of this producer in this partition. */
  readonly sequence: number
  readonly isTransactional: boolean
}

/** How the records of a batch are packed; `codec` is what the batch's attributes say of it. */
export interface Packing {
  readonly codec: number
  readonly pack: (bytes: Buffer) => Buffer
}

const headerBytes = 61
const transactionalBit = 16
/** Of a record besides its key, value and headers: more than it ever needs. */
const frameBytes = 36
const headerFrameBytes = 12

/** An upper bound of what a message needs in a batch. */
export function messageBytes({ key, value, headers }: OutMessage): number {
  let bytes = frameBytes + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, content] of headers ?? []) {
    bytes += headerFrameBytes + name.length * 3 + (content?.length ?? 0)
  }
  return bytes
}

/** A batch of at least one message. `now`: the time of messages without one. */
export function recordBatch(
  messages: readonly OutMessage[],
  owner: BatchOwner,
  now: number,
  packing: Packing,
  crc32c: (bytes: Buffer) => number,
): Buffer {
  const baseTime = messages[0]?.timestamp ?? now
  let maxTime = baseTime
  let bound = 0
  for (const message of messages) {
    maxTime = Math.max(maxTime, message.timestamp ?? now)
    bound += messageBytes(message)
  }
  const whole = Buffer.allocUnsafe(headerBytes + bound)
  const end = writeRecords(whole, messages, baseTime, now)
  const batch =
    packing.codec === 0
      ? whole.subarray(0, end)
      : Buffer.concat([whole.subarray(0, headerBytes), packing.pack(whole.subarray(headerBytes, end))])
  writeHeader(batch, messages.length, owner, [baseTime, maxTime], packing.codec)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

function writeHeader(
  batch: Buffer,
  count: number,
  { producerId, epoch, sequence, isTransactional }: BatchOwner,
  [baseTime, maxTime]: readonly [number, number],
  codec: number,
): void {
  batch.writeBigInt64BE(0n, 0) // the broker sets the offset
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(-1, 12)
  batch.writeInt8(2, 16)
  batch.writeInt16BE(codec | (isTransactional ? transactionalBit : 0), 21)
  batch.writeInt32BE(count - 1, 23)
  batch.writeBigInt64BE(BigInt(baseTime), 27)
  batch.writeBigInt64BE(BigInt(maxTime), 35)
  batch.writeBigInt64BE(producerId, 43)
  batch.writeInt16BE(epoch, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeInt32BE(count, 57)
}

/** Where the next byte is written; one batch is written at a time. */
let cursor = 0

/** Returns the end of the last record, exclusive. */
function writeRecords(bytes: Buffer, messages: readonly OutMessage[], baseTime: number, now: number): number {
  cursor = headerBytes
  for (const [i, { timestamp, key, value, headers = [] }] of messages.entries()) {
    const time = (timestamp ?? now) - baseTime
    const names = headers.map(([name]) => Buffer.from(name))
    let size = 1 + sizeOf(time) + sizeOf(i) + partSize(key) + partSize(value) + sizeOf(headers.length)
    for (const [n, name] of names.entries()) size += partSize(name) + partSize(headers[n]![1])
    varInt(bytes, size)
    bytes[cursor++] = 0 // attributes
    varInt(bytes, time)
    varInt(bytes, i)
    part(bytes, key)
    part(bytes, value)
    varInt(bytes, headers.length)
    for (const [n, name] of names.entries()) {
      part(bytes, name)
      part(bytes, headers[n]![1])
    }
  }
  return cursor
}

function part(bytes: Buffer, content: Uint8Array | null): void {
  if (content === null) return varInt(bytes, -1)
  varInt(bytes, content.length)
  bytes.set(content, cursor)
  cursor += content.length
}

function partSize(content: Uint8Array | null): number {
  return content === null ? 1 : sizeOf(content.length) + content.length
}

/** Zigzag: whole numbers of up to 2^52, of either sign. */
function varInt(bytes: Buffer, value: number): void {
  let left = value < 0 ? -2 * value - 1 : 2 * value
  for (; left > 0x7f; left = Math.floor(left / 128)) bytes[cursor++] = (left % 128) | 0x80
  bytes[cursor++] = left
}

function sizeOf(value: number): number {
  let size = 1
  for (let left = value < 0 ? -2 * value - 1 : 2 * value; left > 0x7f; left = Math.floor(left / 128)) size++
  return size
}
