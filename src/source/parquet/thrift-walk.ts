/**
 * Walks bytes of Thrift's compact protocol without making objects of them: what it takes to find a field's place.
 *
 * Published source: Apache Thrift, "Thrift Compact protocol encoding".
 */

/** Wire types. */
const wire = {
  true: 1,
  false: 2,
  byte: 3,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const

/** A field inside a struct. */
export interface ThriftField {
  readonly id: number
  /** Where its header begins, and its value. */
  readonly headerAt: number
  readonly valueAt: number
  /** Whether the header says only how far its id is from the one before. */
  readonly isShort: boolean
}

/** Ids of the fields that lead to a value, list elements left out: `2.1` is field 1 of each struct in list field 2. */
export type ThriftPath = string

/** Told of every field of every struct, outer before inner. */
export type OnField = (path: ThriftPath, field: ThriftField) => void

/** Walks one struct from `start`; gives where it ends. Throws a RangeError where the bytes end early. */
export function walkStruct(bytes: Uint8Array, start: number, onField: OnField): number {
  return new Walk(bytes, start, onField).struct('')
}

/** The varint at `at`, up to 2^53. */
export function varintAt(bytes: Uint8Array, at: number): number {
  return new Walk(bytes, at, () => undefined).varint()
}

class Walk {
  readonly #bytes: Uint8Array
  readonly #onField: OnField
  #at: number

  constructor(bytes: Uint8Array, at: number, onField: OnField) {
    this.#bytes = bytes
    this.#at = at
    this.#onField = onField
  }

  struct(path: ThriftPath): number {
    for (let id = 0; ;) {
      const headerAt = this.#at
      const header = this.#byte()
      if (header === 0) return this.#at
      const delta = header >> 4
      id = delta === 0 ? zigzag(this.varint()) : id + delta
      const own = path === '' ? String(id) : `${path}.${id}`
      this.#onField(own, { id, headerAt, valueAt: this.#at, isShort: delta !== 0 })
      this.#value(header & 15, own, false)
    }
  }

  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  #value(type: number, path: ThriftPath, inList: boolean): void {
    switch (type) {
      case wire.true:
      case wire.false:
        if (inList) this.#skip(1) // as a field its value is in the header
        return
      case wire.byte:
        return this.#skip(1)
      case wire.double:
        return this.#skip(8)
      case wire.binary:
        return this.#skip(this.varint())
      case wire.list:
      case wire.set:
        return this.#list(path)
      case wire.map:
        return this.#map(path)
      case wire.struct:
        this.struct(path)
        return
      default:
        this.varint() // whole numbers
    }
  }

  #list(path: ThriftPath): void {
    const header = this.#byte()
    const size = header >> 4 === 15 ? this.varint() : header >> 4
    for (let i = 0; i < size; i++) this.#value(header & 15, path, true)
  }

  #map(path: ThriftPath): void {
    const size = this.varint()
    const types = size === 0 ? 0 : this.#byte()
    for (let i = 0; i < size; i++) {
      this.#value(types >> 4, path, true)
      this.#value(types & 15, path, true)
    }
  }

  #skip(count: number): void {
    this.#at += count
    if (this.#at > this.#bytes.length) throw new RangeError('the bytes end inside a value')
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError('the bytes end inside a struct')
    return byte
  }
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
