/** Builders of the layouts with a fixed number of bits a row. */
import type { Column } from '../record/column.ts'
import type { TypeSpec } from '../record/type.ts'
import { bitmapBytes, setBit } from './bitmap.ts'
import type { ColumnBuilder } from './column-builder.ts'
import { wordsOf } from './layout.ts'
import { ValidityBuilder } from './validity-builder.ts'

/** bool: one bit a row. */
export class BitColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #bits: Uint8Array
  length = 0

  constructor(type: TypeSpec, capacity: number) {
    this.#type = type
    this.#bits = new Uint8Array(bitmapBytes(Math.max(capacity, 1)))
  }

  get byteLength(): number {
    return bitmapBytes(this.length)
  }

  append(value: unknown): void {
    const row = this.length++
    if (row >>> 3 === this.#bits.length) this.#bits = grown(this.#bits)
    if (value === null) this.#validity.absent(row)
    else if (value === true) setBit(this.#bits, row)
  }

  finish(): Column {
    const { length } = this
    const values = this.#bits.subarray(0, bitmapBytes(length))
    this.#bits = new Uint8Array(this.#bits.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }
}

type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
type NumberLayout = 'int8' | 'int16' | 'int32' | 'float32' | 'float64'

const numberArrays: Record<NumberLayout, new (length: number) => NumberArray> = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
}

/** int8, int16, int32, date, float32 and float64: numbers as they are. */
export class NumberColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #values: NumberArray
  length = 0

  constructor(type: TypeSpec, layout: NumberLayout, capacity: number) {
    this.#type = type
    this.#values = new numberArrays[layout](Math.max(capacity, 1))
  }

  get byteLength(): number {
    return this.length * this.#values.BYTES_PER_ELEMENT
  }

  append(value: unknown): void {
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values)
    if (value === null) this.#validity.absent(row)
    else if (Number.isNaN(value)) this.#appendNaN(row)
    else this.#values[row] = value as number
  }

  finish(): Column {
    const { length } = this
    const values = this.#values.subarray(0, length)
    this.#values = new (this.#values.constructor as new (length: number) => NumberArray)(this.#values.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }

  /** By its bits: which of the many NaN patterns an engine stores is its own affair. */
  #appendNaN(row: number): void {
    const words = wordsOf(this.#values)
    if (this.#values.BYTES_PER_ELEMENT === 4) words[row] = 0x7fc00000
    else words[row * 2 + 1] = 0x7ff80000
  }
}

/** safeInt64, timestamp(ms) and timestamp(us): whole numbers as two words each, with no bigint on the way. */
export class SafeIntColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #words: Int32Array
  length = 0

  constructor(type: TypeSpec, capacity: number) {
    this.#type = type
    this.#words = new Int32Array(2 * Math.max(capacity, 1))
  }

  get byteLength(): number {
    return this.length * 8
  }

  append(value: unknown): void {
    const row = this.length++
    if (row * 2 === this.#words.length) this.#words = grown(this.#words)
    if (value === null) return this.#validity.absent(row)
    this.#words[row * 2] = value as number
    this.#words[row * 2 + 1] = Math.floor((value as number) / 0x1_0000_0000)
  }

  finish(): Column {
    const { length } = this
    const values = new BigInt64Array(this.#words.buffer, 0, length)
    this.#words = new Int32Array(this.#words.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }
}

/** int64 and timestamp(ns): bigints. */
export class Int64ColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #values: BigInt64Array
  length = 0

  constructor(type: TypeSpec, capacity: number) {
    this.#type = type
    this.#values = new BigInt64Array(Math.max(capacity, 1))
  }

  get byteLength(): number {
    return this.length * 8
  }

  append(value: unknown): void {
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values)
    if (value === null) this.#validity.absent(row)
    else this.#values[row] = value as bigint
  }

  finish(): Column {
    const { length } = this
    const values = this.#values.subarray(0, length)
    this.#values = new BigInt64Array(this.#values.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }
}

/** A buffer of twice the length with the same start. */
function grown<A extends NumberArray | BigInt64Array | Uint8Array>(array: A): A {
  const bigger = new (array.constructor as new (length: number) => A)(array.length * 2)
  bigger.set(array as never)
  return bigger
}
