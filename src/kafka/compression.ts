/** How record batches are compressed: the records of a batch, behind its header, as one piece. */
import { gunzipSync } from 'node:zlib'
import type { KafkaClient } from './client.ts'
import { BatchFault } from './record-batch.ts'
import { unpackZstd } from './zstd.ts'

/** Unpacks the records of a batch; `codec` is what its attributes say. */
export type Unpack = (codec: number, bytes: Buffer) => Buffer

/** Errors: BatchFault for a codec that is none, and for what does not unpack. */
export function unpacker(client: Pick<KafkaClient, 'unpackLz4' | 'unpackSnappy'>): Unpack {
  const codecs: readonly (((bytes: Buffer) => Buffer) | undefined)[] = [
    bytes => bytes,
    bytes => gunzipSync(bytes),
    bytes => unpackSnappy(bytes, block => client.unpackSnappy(block)),
    bytes => client.unpackLz4(bytes),
    unpackZstd,
  ]
  return (codec, bytes) => {
    const unpack = codecs[codec]
    if (unpack === undefined) throw new BatchFault(`compression ${codec}, which is unknown`)
    try {
      return unpack(bytes)
    } catch (error) {
      throw new BatchFault(
        `records that do not unpack (${['', 'gzip', 'snappy', 'lz4', 'zstd'][codec]})`,
        error,
      )
    }
  }
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const xerialHeaderBytes = 16

/** Java's clients frame blocks as snappy-java does: a header, then blocks with their length in front. Others write one bare block. */
function unpackSnappy(bytes: Buffer, unpackBlock: (block: Buffer) => Buffer): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return unpackBlock(bytes)
  const blocks: Buffer[] = []
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const length = bytes.readInt32BE(at)
    if (length < 0 || at + 4 + length > bytes.length) throw new RangeError('a snappy block that is cut off')
    blocks.push(unpackBlock(bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks)
}
