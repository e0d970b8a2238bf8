/**
 * Reading a FlatBuffers table, every access checked against the end of its bytes, since they may come from a damaged
 * file. Nothing here throws but the error that it is given.
 *
 * Published source: FlatBuffers, "Internals": a table starts with the signed distance back to its vtable; a vtable is
 * its own size, the table's size, then a 16-bit position for each field, 0 where the field is absent; references are
 * unsigned distances forward; a vector is its length, then its elements.
 */

/** One table; fields are counted from 0, a union takes two. */
export class FlatbufferTable {
  readonly #view: DataView
  readonly #at: number
  readonly #corrupt: (found: string) => Error
  readonly #vtable: number
  readonly #vtableBytes: number

  private constructor(view: DataView, at: number, corrupt: (found: string) => Error) {
    this.#view = view
    this.#at = at
    this.#corrupt = corrupt
    this.#vtable = at - this.#int32(at)
    this.#vtableBytes = this.#uint16(this.#vtable)
  }

  /** The root table of `view`; `corrupt` makes the error for bytes that are none. */
  static root(view: DataView, corrupt: (found: string) => Error): FlatbufferTable {
    if (view.byteLength < 4) throw corrupt('no metadata')
    return new FlatbufferTable(view, view.getUint32(0, true), corrupt)
  }

  has(field: number): boolean {
    return this.#position(field) !== 0
  }

  /** An unsigned byte, 0 when absent. */
  uint8(field: number): number {
    const position = this.#position(field)
    if (position === 0) return 0
    return this.#view.getUint8(this.#checked(this.#at + position, 1))
  }

  /** A whole number of that many bytes, `absent` when it is. */
  int(field: number, bytes: 2 | 4, absent: number): number {
    const position = this.#position(field)
    if (position === 0) return absent
    const at = this.#checked(this.#at + position, bytes)
    return bytes === 2 ? this.#view.getInt16(at, true) : this.#view.getInt32(at, true)
  }

  /** UTF-8 text, empty when absent. */
  text(field: number): string {
    if (!this.has(field)) return ''
    const { start, length } = this.structs(field, 1)
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + start, length).toString()
  }

  /** A 64-bit number that must be a count or a size, 0 when absent. */
  count(field: number): number {
    const position = this.#position(field)
    return position === 0 ? 0 : this.countAt(this.#at + position)
  }

  /** The table that a field refers to. */
  table(field: number): FlatbufferTable {
    return new FlatbufferTable(this.#view, this.#reference(field), this.#corrupt)
  }

  /** A vector of structs of `structBytes` each: where it starts, and how many there are; checked to be in the bytes. */
  structs(field: number, structBytes: number): { readonly start: number; readonly length: number } {
    if (!this.has(field)) return { start: 0, length: 0 }
    const at = this.#reference(field)
    const length = this.#view.getUint32(this.#checked(at, 4), true)
    this.#checked(at + 4, length * structBytes)
    return { start: at + 4, length }
  }

  /** The tables that a vector refers to; none when it is absent. Errors when there are more than `most`. */
  tables(field: number, most: number): readonly FlatbufferTable[] {
    const { start, length } = this.structs(field, 4)
    if (length > most) throw this.#corrupt(`${length} tables where there are at most ${most}`)
    return Array.from({ length }, (_, i) => {
      const at = start + i * 4
      return new FlatbufferTable(this.#view, at + this.#view.getUint32(at, true), this.#corrupt)
    })
  }

  /** The 64-bit count or size at a position inside a struct. */
  countAt(position: number): number {
    this.#checked(position, 8)
    const high = this.#view.getUint32(position + 4, true)
    if (high >= 0x200000) throw this.#corrupt('a size beyond 2^53')
    return high * 0x1_0000_0000 + this.#view.getUint32(position, true)
  }

  #position(field: number): number {
    const slot = 4 + field * 2
    return slot + 2 > this.#vtableBytes ? 0 : this.#uint16(this.#vtable + slot)
  }

  #reference(field: number): number {
    const position = this.#position(field)
    if (position === 0) throw this.#corrupt(`no metadata field ${field}`)
    const at = this.#checked(this.#at + position, 4)
    return at + this.#view.getUint32(at, true)
  }

  #int32(at: number): number {
    return this.#view.getInt32(this.#checked(at, 4), true)
  }

  #uint16(at: number): number {
    return this.#view.getUint16(this.#checked(at, 2), true)
  }

  #checked(at: number, bytes: number): number {
    if (at >= 0 && at + bytes <= this.#view.byteLength) return at
    throw this.#corrupt(`metadata that points to byte ${at} of ${this.#view.byteLength}`)
  }
}
