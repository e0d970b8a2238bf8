/**
 * A few fields of JSON objects, straight from bytes: what a job does not look at is checked and passed over, without a value
 * being made of it. Only the usual is read here: flat objects of ASCII texts without escapes, whole and decimal numbers,
 * true, false and null. For anything else, wrong JSON too, the answer is null, and `JSON.parse` has the say.
 *
 * I1. What is answered has for each field exactly what `JSON.parse` gives; undefined where the object lacks it.
 * I2. No byte outside of the range counts.
 */
import { generated, objectLiteral } from './object-literal.ts'
import { textReader, type TextReader } from './text-decoder.ts'

/** Reads the object in a range of bytes; null where `JSON.parse` has to. */
export type JsonFieldsReader = (
  bytes: Buffer,
  start: number,
  end: number,
) => Readonly<Record<string, unknown>> | null

/** A reader of these fields. */
export function jsonFieldsReader(names: readonly string[]): JsonFieldsReader {
  const scanner = new Scanner(names)
  return (bytes, start, end) => scanner.read(bytes, start, end)
}

const quote = 0x22
const backslash = 0x5c
const zero = 0x30
const nine = 0x39
const point = 0x2e
const minus = 0x2d
const comma = 0x2c
const colon = 0x3a
const opening = 0x7b
const closing = 0x7d

/** Up to so many digits a whole number is exact while it is put together. */
const exactDigits = 15
/** A name of a former object: its bytes, and which field it is; −1 for none that is wanted. */
interface SeenName {
  readonly bytes: Uint8Array
  readonly field: number
}

class Scanner {
  readonly #fields: ReadonlyMap<string, number>
  readonly #values: unknown[]
  readonly #make: (values: readonly unknown[]) => Readonly<Record<string, unknown>>
  /** The names in the order of the last object: the next one most likely has the same. */
  readonly #seen: SeenName[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #text: TextReader = () => ''

  constructor(names: readonly string[]) {
    this.#fields = new Map(names.map((name, i) => [name, i]))
    this.#values = names.map(() => undefined)
    const properties = names.map((name, i) => ({ name, expression: `values[${i}]` }))
    this.#make = generated('values', `return ${objectLiteral(properties)}`, new Map())
  }

  read(bytes: Buffer, start: number, end: number): Readonly<Record<string, unknown>> | null {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#text = textReader(bytes)
    }
    cursor = start
    const values = this.#values
    for (let i = 0; i < values.length; i++) values[i] = undefined
    return this.#object(bytes, end) ? this.#make(values) : null
  }

  #object(bytes: Buffer, end: number): boolean {
    if (next(bytes, end) !== opening) return false
    let byte = next(bytes, end)
    if (byte === closing) return isEnd(bytes, end)
    for (let place = 0; byte === quote; place++) {
      const start = cursor
      if (!passText(bytes, end)) return false
      const field = this.#fieldAt(bytes, place, start, cursor - 1)
      if (next(bytes, end) !== colon || !this.#value(bytes, end, field)) return false
      byte = next(bytes, end)
      if (byte === closing) return isEnd(bytes, end)
      if (byte !== comma) return false
      byte = next(bytes, end)
    }
    return false
  }

  #fieldAt(bytes: Buffer, place: number, start: number, end: number): number {
    const seen = this.#seen[place]
    if (seen !== undefined && isName(seen.bytes, bytes, start, end)) return seen.field
    const field = this.#fields.get(this.#text(start, end)) ?? -1
    this.#seen[place] = { bytes: Uint8Array.from(bytes.subarray(start, end)), field }
    return field
  }

  /** Passes over a value, and keeps that of a wanted field; false where it is none of the usual. */
  #value(bytes: Buffer, end: number, field: number): boolean {
    const byte = next(bytes, end)
    const start = cursor
    if (byte === quote) {
      if (!passText(bytes, end)) return false
      if (field >= 0) this.#values[field] = this.#text(start, cursor - 1)
      return true
    }
    if (byte === minus || (byte >= zero && byte <= nine)) return this.#number(bytes, start - 1, end, field)
    const word = words.get(byte)
    if (word === undefined || !isName(word.bytes, bytes, start - 1, start - 1 + word.bytes.length))
      return false
    cursor = start - 1 + word.bytes.length
    if (field >= 0) this.#values[field] = word.value
    return cursor <= end
  }

  /** What is left behind a number is met as what should be a comma: an exponent, more digits after 0. */
  #number(bytes: Buffer, start: number, end: number, field: number): boolean {
    const isNegative = bytes[start] === minus
    const first = isNegative ? start + 1 : start
    let at = first
    let value = 0
    for (; at < end; at++) {
      const digit = bytes[at]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const digits = at - first
    if (digits === 0 || digits > exactDigits) return false
    // −0, and what is no number in JSON: 007.
    if (bytes[first] === zero && (digits > 1 || isNegative)) return false
    if (at < end && bytes[at] === point) {
      const afterPoint = ++at
      while (at < end && bytes[at]! >= zero && bytes[at]! <= nine) at++
      if (at === afterPoint) return false
      if (field >= 0) this.#values[field] = Number(this.#text(start, at))
    } else if (field >= 0) this.#values[field] = isNegative ? -value : value
    cursor = at
    return true
  }
}

/** Where reading is: a field of the module, which costs less than one of an object. */
let cursor = 0

/** The next byte that is no white space, passed over; −1 at the end. */
function next(bytes: Buffer, end: number): number {
  while (cursor < end) {
    const byte = bytes[cursor++]!
    if (byte > 0x20) return byte
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
  }
  return -1
}

function isEnd(bytes: Buffer, end: number): boolean {
  return next(bytes, end) === -1
}

/** Passes over a text behind its first quote, and its last; false where it is not plain. */
function passText(bytes: Buffer, end: number): boolean {
  let at = cursor
  while (at < end && isPlain[bytes[at]!] === 1) at++
  cursor = at + 1
  return at < end && bytes[at] === quote
}

/** 1 for the bytes that stand for themselves in a text. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== quote && byte !== backslash ? 1 : 0,
)

function isName(name: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  const { length } = name
  if (length !== end - start) return false
  for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false
  return true
}

/** By their first byte. */
const words: ReadonlyMap<number, { readonly bytes: Uint8Array; readonly value: boolean | null }> = new Map(
  [true, false, null].map(value => {
    const bytes = Uint8Array.from(Buffer.from(String(value)))
    return [bytes[0]!, { bytes, value }]
  }),
)
