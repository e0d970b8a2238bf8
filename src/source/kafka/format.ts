/** How the bytes of keys and values are read. JSON, text and bytes are here; Avro and Protobuf have files of their own. */
import { isUtf8 } from 'node:buffer'
import { jsonFieldsReader } from '../../codec/json-fields.ts'
import { textReader, type TextReader } from '../../codec/text-decoder.ts'
import { messageOf } from '../../errors.ts'
import type { PatienceOptions } from '../../kafka/patience.ts'
import type { ReadNeeds } from '../log.ts'

/** Reads the bytes from `start` to `end` as a value. Throws where they are none. */
export type PartReader = (bytes: Buffer, start: number, end: number) => unknown

/** A form of keys or values. */
export interface KafkaFormat {
  /** For messages: `JSON`. */
  readonly name: string
  /**
   * Made ready before the first record is read; of objects it may leave out what nobody needs. `patience`: that of the log, for
   * what must be asked for on the way.
   */
  open(needs?: ReadNeeds, patience?: FormatPatience): Promise<PartReader>
}

/** How long, and by whose clock and signal, a format tries what it needs. */
export type FormatPatience = Omit<PatienceOptions, 'thing'>

/** What a key or value may be said to be. */
export type FormatName = 'json' | 'string' | 'bytes'

/** Thrown by a reader that needs something first, such as a schema of a registry; the record is read again then. */
export class WaitFor extends Error {
  readonly ready: Promise<void>

  constructor(ready: Promise<void>) {
    super('wait')
    this.ready = ready
    // Records before this one are handed out first: nobody may wait when it fails, and the next try tells.
    ready.catch(() => undefined)
  }
}

/** Bytes that are not what they should be. */
export class BadPart extends Error {}

/** The formats by their names. */
export const formats: Readonly<Record<FormatName, KafkaFormat>> = {
  json: { name: 'JSON', open: async needs => (needs ? jsonFieldReader(needs) : jsonReader()) },
  string: { name: 'UTF-8 text', open: async () => stringReader() },
  bytes: { name: 'bytes', open: async () => readBytes },
}

/**
 * JSON of a batch's values: the bytes of all are made one text, of which each value is a part, because a text of its own
 * for each costs a sixth of all reading. What is not ASCII is decoded for itself.
 */
function jsonReader(): PartReader {
  let known: Buffer | null = null
  let text = ''
  return (bytes, start, end) => {
    if (bytes !== known) {
      known = bytes
      text = bytes.toString('latin1')
    }
    const part = isAsciiRange(bytes, start, end) ? text.substring(start, end) : utf8(bytes, start, end)
    try {
      return JSON.parse(part) as unknown
    } catch (error) {
      throw new BadPart(messageOf(error))
    }
  }
}

/** Messages are alike: where the first are not of the usual kind, it is not tried any more. */
const triedAtFirst = 1000

/** JSON of which only some fields are looked at: twice as fast where messages are of the usual kind. */
function jsonFieldReader({ fields }: ReadNeeds): PartReader {
  const readFields = jsonFieldsReader(fields)
  const readAll = jsonReader()
  let [tried, read] = [0, 0]
  return (bytes, start, end) => {
    if (tried >= triedAtFirst && read < triedAtFirst / 2) return readAll(bytes, start, end)
    const found = readFields(bytes, start, end)
    if (tried < triedAtFirst) tried++
    if (found === null) return readAll(bytes, start, end)
    if (read < triedAtFirst) read++
    return found
  }
}

function isAsciiRange(bytes: Buffer, start: number, end: number): boolean {
  let bits = 0
  for (let at = start; at < end; at++) bits |= bytes[at]!
  return bits < 0x80
}

function stringReader(): PartReader {
  let known: Buffer | null = null
  let text: TextReader = () => ''
  return (bytes, start, end) => {
    if (bytes !== known) {
      known = bytes
      text = textReader(bytes)
    }
    const part = text(start, end)
    return part.includes('\ufffd') ? utf8(bytes, start, end) : part
  }
}

/** Bytes that are not UTF-8 are refused, not replaced: two different keys must not become one. */
function utf8(bytes: Buffer, start: number, end: number): string {
  if (isUtf8(bytes.subarray(start, end))) return bytes.toString('utf8', start, end)
  throw new BadPart('bytes that are not UTF-8')
}

/** A copy: the bytes around it are those of a whole fetch. */
function readBytes(bytes: Buffer, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}
