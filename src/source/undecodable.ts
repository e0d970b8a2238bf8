/** A key or value that a log's decoding could not read: it travels on, and whether it is bad is for the source to say that reads it. */
import { isUtf8 } from 'node:buffer'
import type { HeadwaterError } from '../errors.ts'

/** Stands where the decoded value would. */
export class Undecodable {
  /** `data`: what was expected, and what was found. */
  readonly error: HeadwaterError
  readonly bytes: Uint8Array

  constructor(error: HeadwaterError, bytes: Uint8Array) {
    this.error = error
    this.bytes = bytes
  }

  /** What is kept of it where only JSON has a place: its text, or base64 where it is none. */
  toJSON(): { readonly undecodable: string } | { readonly undecodableBase64: string } {
    const { buffer, byteOffset, byteLength } = this.bytes
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    return isUtf8(bytes)
      ? { undecodable: bytes.toString('utf8') }
      : { undecodableBase64: bytes.toString('base64') }
  }
}
