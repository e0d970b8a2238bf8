/** How the bytes of keys and values are read. JSON, text and bytes are here; Avro and Protobuf have files of their own. */
import { isUtf8 } from 'node:buffer'
import { messageOf } from '../../errors.ts'

/** Reads the bytes from `start` to `end` as a value. Throws where they are none. */
export type PartReader = (bytes: Buffer, start: number, end: number) => unknown

/** A form of keys or values. */
export interface KafkaFormat {
  /** For messages: `JSON`. */
  readonly name: string
  /** Made ready before the first record is read. */
  open(): Promise<PartReader>
}

/** What a key or value may be said to be. */
export type FormatName = 'json' | 'string' | 'bytes'

/** Thrown by a reader that needs something first, such as a schema of a registry; the record is read again then. */
export class WaitFor extends Error {
  readonly ready: Promise<void>

  constructor(ready: Promise<void>) {
    super('wait')
    this.ready = ready
  }
}

/** Bytes that are not what they should be. */
export class BadPart extends Error {}

/** The formats by their names. */
export const formats: Readonly<Record<FormatName, KafkaFormat>> = {
  json: { name: 'JSON', open: async () => readJson },
  string: { name: 'UTF-8 text', open: async () => readText },
  bytes: { name: 'bytes', open: async () => readBytes },
}

function readJson(bytes: Buffer, start: number, end: number): unknown {
  const text = readText(bytes, start, end)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadPart(messageOf(error))
  }
}

/** Bytes that are not UTF-8 are refused, not replaced: two different keys must not become one. */
function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) {
    throw new BadPart('bytes that are not UTF-8')
  }
  return text
}

/** A copy: the bytes around it are those of a whole fetch. */
function readBytes(bytes: Buffer, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}
