/** A key or value that a log's decoding could not read: it travels on, and whether it is bad is for the source to say that reads it. */
import { isUtf8 } from 'node:buffer'
import { badData, type HeadwaterError } from '../errors.ts'

/** Stands where the decoded value would. */
export class Undecodable {
  /** `data`: what was expected, and what was found. */
  readonly error: HeadwaterError
  readonly bytes: Uint8Array

  constructor(error: HeadwaterError, bytes: Uint8Array) {
    this.error = error
    this.bytes = bytes
  }

  /** Its text; base64 where it is none. */
  get text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    return isUtf8(bytes) ? bytes.toString('utf8') : `base64:${bytes.toString('base64')}`
  }

  /** What is kept of it where only JSON has a place. */
  toJSON(): { readonly undecodable: string } {
    return { undecodable: this.text }
  }
}

/** Begins what an archive keeps of such a value; no JSON begins so. */
const archivedPrefix = 'undecodable '

/** What an archive keeps where others have the JSON text of a value. */
export function archivedUndecodable(value: Undecodable): string {
  return `${archivedPrefix}${value.text}`
}

/** The error of a value that an archive kept so; null for any other text. Its code is that of a live run. */
export function undecodableIn(archived: string): HeadwaterError | null {
  if (!archived.startsWith(archivedPrefix)) return null
  const text = archived.slice(archivedPrefix.length)
  const found = text.length > 80 ? `${text.slice(0, 80)}…` : text
  return badData({
    code: 'undecodable-value',
    thing: 'value',
    expected: 'what the log’s decoding takes',
    found,
  })
}
