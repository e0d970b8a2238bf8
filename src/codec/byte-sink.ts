/**
 * Bytes of text that grow as they are written: for output that is too much to go through strings. Short pieces are moved
 * four bytes at a time; a step may write up to three bytes too many, which the next piece overwrites.
 */

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d
/** Room behind what is written, for the bytes that are too many. */
const spare = 8

/** A piece that is written again and again. */
export interface FixedPiece {
  readonly length: number
  readonly words: Int32Array
}

/** Prepares a short text for `fixed`. */
export function fixedPiece(text: string): FixedPiece {
  const bytes = Buffer.from(text)
  const words = new Int32Array((bytes.length + 3) >>> 2)
  new Uint8Array(words.buffer).set(bytes)
  return { length: bytes.length, words }
}

/** Collects bytes; every writer makes its own room. */
export class ByteSink {
  #bytes: Buffer
  #view: DataView
  #at = 0

  constructor(capacity: number = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity + spare)
    this.#view = viewOf(this.#bytes)
  }

  /** The bytes so far, in memory that the sink gives away; it is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at)
    this.#bytes = Buffer.allocUnsafeSlow(spare)
    this.#view = viewOf(this.#bytes)
    this.#at = 0
    return taken
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = value
  }

  fixed({ words, length }: FixedPiece): void {
    this.#room(length)
    const view = this.#view
    let at = this.#at
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i]!, true)
    this.#at += length
  }

  /** A safe whole number in decimal digits; −0 as 0. */
  integer(value: number): void {
    this.#room(20)
    let rest = value
    if (rest < 0) {
      this.#bytes[this.#at++] = minus
      rest = -rest
    }
    if (rest < 1e8) return this.#digits(rest | 0)
    const high = Math.floor(rest / 1e8)
    if (high < 1e8) this.#digits(high)
    else {
      // at most 2^53 − 1, so what is above 16 digits is no more than a 0
      this.#digits(Math.floor(high / 1e8))
      this.#eightDigits((high % 1e8) | 0)
    }
    this.#eightDigits((rest - high * 1e8) | 0)
  }

  /** Any text. */
  text(text: string): void {
    const { length } = text
    this.#room(length * 3)
    const out = this.#bytes
    let at = this.#at
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) {
        this.#at += out.write(text, this.#at, 'utf8')
        return
      }
      out[at++] = unit
    }
    this.#at = at
  }

  /** Text as JSON writes it, out of its UTF-8 bytes [start, end). `words` is a view of the same bytes. */
  jsonString(bytes: Uint8Array, words: DataView, start: number, end: number): void {
    this.#room(end - start + 2)
    const view = this.#view
    const out = this.#bytes
    let at = this.#at
    out[at++] = quote
    let from = start
    for (; from + 4 <= end; from += 4, at += 4) {
      const word = words.getInt32(from, true)
      if (hasSpecial(word)) return this.#escaped(bytes, start, end)
      view.setInt32(at, word, true)
    }
    for (; from < end; from++) {
      const byte = bytes[from]!
      if (byte < 0x20 || byte === quote || byte === backslash) return this.#escaped(bytes, start, end)
      out[at++] = byte
    }
    out[at++] = quote
    this.#at = at
  }

  #escaped(bytes: Uint8Array, start: number, end: number): void {
    this.byte(quote)
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      if (byte < 0x20 || byte === quote || byte === backslash) this.fixed(escapes[byte]!)
      else this.byte(byte)
    }
    this.byte(quote)
  }

  /** A number below 10^8, without zeros in front. */
  #digits(value: number): void {
    if (value >= 10_000) {
      const high = (value / 10_000) | 0
      this.#fewDigits(high)
      this.#view.setInt32(this.#at, fourDigits[value - high * 10_000]!, true)
      this.#at += 4
    } else this.#fewDigits(value)
  }

  #eightDigits(value: number): void {
    const high = (value / 10_000) | 0
    this.#view.setInt32(this.#at, fourDigits[high]!, true)
    this.#view.setInt32(this.#at + 4, fourDigits[value - high * 10_000]!, true)
    this.#at += 8
  }

  /** A number below 10,000, without zeros in front. */
  #fewDigits(value: number): void {
    const zeros = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3
    this.#view.setInt32(this.#at, fourDigits[value]! >>> (8 * zeros), true)
    this.#at += 4 - zeros
  }

  #room(more: number): void {
    if (this.#at + more + spare > this.#bytes.length) this.#grow(more)
  }

  #grow(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + more + spare))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
    this.#view = viewOf(grown)
  }
}

/** A view for reading words of a buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Whether one of four bytes is below 0x20, a quote or a backslash. */
function hasSpecial(word: number): boolean {
  const quotes = word ^ 0x22222222
  const backslashes = word ^ 0x5c5c5c5c
  return (
    ((((word - 0x20202020) & ~word) |
      ((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes)) &
      0x80808080) !==
    0
  )
}

/** By number: its four digits as the bytes of a word. */
const fourDigits: Int32Array = Int32Array.from({ length: 10_000 }, (_, value) => {
  const digit = (of: number): number => 0x30 + (((value / of) | 0) % 10)
  return digit(1000) | (digit(100) << 8) | (digit(10) << 16) | (digit(1) << 24)
})

/** By byte: how JSON writes it in a text. */
const escapes: readonly (FixedPiece | undefined)[] = Array.from({ length: backslash + 1 }, (_, byte) => {
  const isEscaped = byte < 0x20 || byte === quote || byte === backslash
  return isEscaped ? fixedPiece(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)) : undefined
})
