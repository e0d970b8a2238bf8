/** Writes the bytes of Kafka's protocol, as wire-reader.ts reads them: big-endian numbers, compact strings and arrays, no tagged fields. */

const firstBytes = 256

/** The body of a request, as it grows. */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(firstBytes)
  #at = 0

  int8(value: number): this {
    this.#at = this.#room(1).writeInt8(value, this.#at)
    return this
  }

  int16(value: number): this {
    this.#at = this.#room(2).writeInt16BE(value, this.#at)
    return this
  }

  int32(value: number): this {
    this.#at = this.#room(4).writeInt32BE(value, this.#at)
    return this
  }

  int64(value: bigint): this {
    this.#at = this.#room(8).writeBigInt64BE(value, this.#at)
    return this
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

  string(value: string | null): this {
    return this.bytes(value === null ? null : Buffer.from(value))
  }

  /** Copies them. */
  bytes(value: Uint8Array | null): this {
    if (value === null) return this.#unsignedVarInt(0)
    this.#unsignedVarInt(value.length + 1)
    this.#room(value.length).set(value, this.#at)
    this.#at += value.length
    return this
  }

  /** Writes each entry with `entry`, and no tagged fields behind it. */
  structs<T>(list: readonly T[], entry: (value: T) => void): this {
    return this.#array(list, value => {
      entry(value)
      this.noTags()
    })
  }

  int32s(list: readonly number[]): this {
    return this.#array(list, value => this.int32(value))
  }

  strings(list: readonly string[]): this {
    return this.#array(list, value => this.string(value))
  }

  noTags(): this {
    return this.#unsignedVarInt(0)
  }

  /** All that was written, behind which stand no tagged fields; the writer must not be used again. */
  end(): Buffer {
    this.noTags()
    return this.#bytes.subarray(0, this.#at)
  }

  #array<T>(list: readonly T[], entry: (value: T) => void): this {
    this.#unsignedVarInt(list.length + 1)
    for (const value of list) entry(value)
    return this
  }

  #unsignedVarInt(value: number): this {
    let left = value
    for (; left > 0x7f; left = Math.floor(left / 128)) this.int8(((left & 0x7f) | 0x80) - 256)
    return this.int8(left)
  }

  #room(length: number): Buffer {
    if (this.#at + length <= this.#bytes.length) return this.#bytes
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length))
    this.#bytes.copy(larger, 0, 0, this.#at)
    return (this.#bytes = larger)
  }
}
