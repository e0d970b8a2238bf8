/** Reads the bytes of Kafka's protocol: big-endian numbers, compact strings and arrays, tagged fields. Ends in a RangeError past the end. */

/** A place in a response that moves on as it is read. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  /** A whole number that JavaScript holds exactly; a RangeError above 2^53 − 1. */
  int64(): number {
    return int64At(this.#bytes, this.#skip(8))
  }

  bigInt64(): bigint {
    return this.#bytes.readBigInt64BE(this.#skip(8))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  /** Base64 as Kafka writes ids, 22 characters. */
  uuid(): string {
    return this.#take(16).toString('base64url')
  }

  unsignedVarInt(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#skip(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
      if (shift > 28) throw new RangeError('a variable-length number that does not end')
    }
  }

  /** Null where it is null. */
  string(): string | null {
    const bytes = this.bytes()
    return bytes === null ? null : bytes.toString('utf8')
  }

  /** The bytes themselves, not a copy; null where they are null. */
  bytes(): Buffer | null {
    const length = this.unsignedVarInt() - 1
    return length < 0 ? null : this.#take(length)
  }

  /** Reads each entry with `entry`, and its tagged fields behind it; empty where the array is null. */
  structs<T>(entry: () => T): T[] {
    return this.#array(() => {
      const value = entry()
      this.skipTags()
      return value
    })
  }

  int32s(): number[] {
    return this.#array(() => this.int32())
  }

  /** Tagged fields hold what older readers need not know. */
  skipTags(): void {
    this.tags()
  }

  /** Tagged fields by their number, each as its bytes. */
  tags(): ReadonlyMap<number, Buffer> {
    const tags = new Map<number, Buffer>()
    for (let left = this.unsignedVarInt(); left > 0; left--) {
      const tag = this.unsignedVarInt()
      tags.set(tag, this.#take(this.unsignedVarInt()))
    }
    return tags
  }

  #array<T>(entry: () => T): T[] {
    const length = this.unsignedVarInt() - 1
    const list: T[] = []
    for (let i = 0; i < length; i++) list.push(entry())
    return list
  }

  #take(length: number): Buffer {
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  #skip(length: number): number {
    const start = this.#at
    if (start + length > this.#bytes.length) throw new RangeError('an answer that is cut off')
    this.#at = start + length
    return start
  }
}

/** The 64-bit number at a place; a RangeError where JavaScript would round it. */
export function int64At(bytes: Buffer, at: number): number {
  const value = bytes.readInt32BE(at) * 4_294_967_296 + bytes.readUInt32BE(at + 4)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`the number ${bytes.readBigInt64BE(at)}, which is above 2^53 − 1`)
}
