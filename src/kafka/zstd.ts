/** The only importer of fzstd: Node 20 has no zstd of its own; later versions do, and theirs is faster. */
import * as zlib from 'node:zlib'
import { decompress } from 'fzstd'

type Unpack = (bytes: Buffer) => Uint8Array
const own = (zlib as { readonly zstdDecompressSync?: Unpack }).zstdDecompressSync

/** Unpacks one or more frames. */
export function unpackZstd(bytes: Buffer): Buffer {
  const { buffer, byteOffset, byteLength } = own === undefined ? decompress(bytes) : own(bytes)
  return Buffer.from(buffer, byteOffset, byteLength)
}
