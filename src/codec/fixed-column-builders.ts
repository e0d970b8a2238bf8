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

type IntLayout = 'int8' | 'int16' | 'int32'
type IntArrayType = typeof Int8Array | typeof Int16Array | typeof Int32Array

const narrowInts: Record<IntLayout, IntArrayType> = { int8: Int8Array, int16: Int16Array, int32: Int32Array }

/** int8, int16, int32 and date: collected in 32 bits, so that this code sees one kind of buffer, and narrowed at the end. */
export class IntColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #narrow: IntArrayType
  readonly #validity = new ValidityBuilder()
  #values: Int32Array
  length = 0

  constructor(type: TypeSpec, layout: IntLayout, capacity: number) {
    this.#type = type
    this.#narrow = narrowInts[layout]
    this.#values = new Int32Array(Math.max(capacity, 1))
  }

  get byteLength(): number {
    return this.length * this.#narrow.BYTES_PER_ELEMENT
  }

  append(value: unknown): void {
    const row = this.length++
    if (row === this.#values.length) this.#values = grown(this.#values)
    if (value === null) this.#validity.absent(row)
    else this.#values[row] = value as number
  }

  finish(): Column {
    const { length } = this
    const wide = this.#values.subarray(0, length)
    const values = this.#narrow === Int32Array ? wide : new this.#narrow(wide)
    this.#values = new Int32Array(this.#values.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }
}

type FloatLayout = 'float32' | 'float64'
type FloatArrayType = typeof Float32Array | typeof Float64Array

const narrowFloats: Record<FloatLayout, FloatArrayType> = { float32: Float32Array, float64: Float64Array }

/** float32 and float64: collected in 64 bits and narrowed at the end. */
export class FloatColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #narrow: FloatArrayType
  readonly #validity = new ValidityBuilder()
  #values: Float64Array
  length = 0

  constructor(type: TypeSpec, layout: FloatLayout, capacity: number) {
    this.#type = type
    this.#narrow = narrowFloats[layout]
    this.#values = new Float64Array(Math.max(capacity, 1))
  }

  get byteLength(): number {
    return this.length * this.#narrow.BYTES_PER_ELEMENT
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
    const wide = this.#values.subarray(0, length)
    const values = this.#narrow === Float64Array ? wide : new this.#narrow(wide)
    this.#values = new Float64Array(this.#values.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }

  /** By its bits: which of the many NaN patterns an engine stores is its own affair. Narrowing keeps the pattern. */
  #appendNaN(row: number): void {
    wordsOf(this.#values)[row * 2 + 1] = 0x7ff80000
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
function grown<A extends Uint8Array | Int32Array | Float64Array | BigInt64Array>(array: A): A {
  const bigger = new (array.constructor as new (length: number) => A)(array.length * 2)
  bigger.set(array as never)
  return bigger
}
