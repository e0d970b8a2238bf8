/** Builders of the layouts with offsets: text and bytes. */
import { badData } from '../errors.ts'
import type { Column } from '../record/column.ts'
import { typeName, type TypeSpec } from '../record/type.ts'
import type { ColumnBuilder } from './column-builder.ts'
import { ValidityBuilder } from './validity-builder.ts'

/** What 32-bit offsets can address. */
const maxColumnBytes = 0x7fffffff

/** Texts up to this length are tried unit by unit: cheaper than a call out of JavaScript. */
const shortText = 24

/** The growing buffers that text and bytes share. */
class VariableColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #offsets: Int32Array
  protected bytes: Buffer
  protected end = 0
  length = 0

  constructor(type: TypeSpec, capacity: number) {
    this.#type = type
    this.#offsets = new Int32Array(Math.max(capacity, 1) + 1)
    this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, 1) * 8)
  }

  get byteLength(): number {
    return this.end + 4 * this.length
  }

  finish(): Column {
    const { length } = this
    const offsets = this.#offsets.subarray(0, length + 1)
    const values = new Uint8Array(this.bytes.buffer, 0, this.end)
    this.#offsets = new Int32Array(this.#offsets.length)
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length)
    this.end = 0
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets }
  }

  /** Ends a row at `end`. */
  protected endRow(): void {
    const next = ++this.length
    if (next === this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2)
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    this.#offsets[next] = this.end
  }

  protected endAbsentRow(): void {
    this.#validity.absent(this.length)
    this.endRow()
  }

  protected reserve(more: number): void {
    const needed = this.end + more
    if (needed <= this.bytes.length) return
    if (needed > maxColumnBytes) throw tooLarge(this.#type)
    const grown = Buffer.allocUnsafeSlow(Math.min(maxColumnBytes, Math.max(needed, this.bytes.length * 2)))
    this.bytes.copy(grown, 0, 0, this.end)
    this.bytes = grown
  }
}

/** string and enum: UTF-8. */
export class TextColumnBuilder extends VariableColumnBuilder implements ColumnBuilder {
  append(value: unknown): void {
    if (value === null) return this.endAbsentRow()
    const text = value as string
    if (text.length > shortText || !this.#appendAscii(text)) this.#appendUtf8(text)
    this.endRow()
  }

  /** False, with nothing appended, when a character is not ASCII. */
  #appendAscii(text: string): boolean {
    const { length } = text
    this.reserve(length)
    const { bytes, end } = this
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return false
      bytes[end + i] = unit
    }
    this.end = end + length
    return true
  }

  #appendUtf8(text: string): void {
    this.reserve(Buffer.byteLength(text))
    this.end += this.bytes.write(text, this.end)
  }
}

/** bytes. */
export class BytesColumnBuilder extends VariableColumnBuilder implements ColumnBuilder {
  append(value: unknown): void {
    if (value === null) return this.endAbsentRow()
    const bytes = value as Uint8Array
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.end)
    this.end += bytes.length
    this.endRow()
  }
}

function tooLarge(type: TypeSpec): Error {
  const remedy = 'use smaller batches'
  const thing = `column of ${typeName(type)}`
  return badData({ code: 'column-too-large', thing, expected: 'at most 2 GiB in one batch', remedy })
}
