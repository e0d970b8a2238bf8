/**
 * Decimals: text in JavaScript, 128-bit whole numbers (two's complement, the value without its point) in columns, as two
 * words of 64 bits a row, low before high.
 *
 * Published source: the Arrow columnar format, Decimal128.
 */
import type { Column } from '../record/column.ts'
import { required, type TypeSpec } from '../record/type.ts'
import type { ColumnBuilder } from './column-builder.ts'
import type { ValueReader } from './column-reader.ts'
import { ValidityBuilder } from './validity-builder.ts'

/** The digits behind the point of a decimal type. */
export function scaleOf(type: TypeSpec): number {
  const spec = required(type)
  return spec.kind === 'decimal' ? spec.scale : 0
}

/** `12.30` as 1230. */
export function unscaled(text: string): bigint {
  return BigInt(text.replace('.', ''))
}

/** 1230 as `12.30`. */
export function decimalText(value: bigint, scale: number): string {
  const digits = `${value < 0n ? -value : value}`.padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  const point = digits.length - scale
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The decimal that a JSON value stands for, undefined where it is none of so few digits behind the point. */
export function decimalFrom(json: unknown, scale: number): string | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? padded(`${json}`, '', scale) : undefined
  const parts = typeof json === 'string' && json.length < 100 && /^(-?\d+)(?:\.(\d+))?$/.exec(json)
  return parts ? padded(parts[1]!, parts[2] ?? '', scale) : undefined
}

function padded(whole: string, fraction: string, scale: number): string | undefined {
  if (fraction.length > scale) return undefined
  return decimalText(BigInt(whole + fraction.padEnd(scale, '0')), scale)
}

/** The value of a row. */
export function wideAt(values: BigInt64Array, row: number): bigint {
  return (values[row * 2 + 1]! << 64n) | BigInt.asUintN(64, values[row * 2]!)
}

/** Sets the value of a row. */
export function setWide(values: BigInt64Array, row: number, value: bigint): void {
  values[row * 2] = value
  values[row * 2 + 1] = value >> 64n
}

/** Reads decimals as text. */
export function decimalReader(column: Column): ValueReader {
  const values = column.values as BigInt64Array
  const scale = scaleOf(column.type)
  return row => decimalText(wideAt(values, row), scale)
}

/** decimal: collects text as whole numbers. */
export class DecimalColumnBuilder implements ColumnBuilder {
  readonly #type: TypeSpec
  readonly #validity = new ValidityBuilder()
  #values: BigInt64Array
  length = 0

  constructor(type: TypeSpec, capacity: number) {
    this.#type = type
    this.#values = new BigInt64Array(2 * Math.max(capacity, 1))
  }

  get byteLength(): number {
    return this.length * 16
  }

  append(value: unknown): void {
    const row = this.length++
    if (row * 2 === this.#values.length) this.#grow()
    if (value === null) this.#validity.absent(row)
    else setWide(this.#values, row, unscaled(value as string))
  }

  finish(): Column {
    const { length } = this
    const values = this.#values.subarray(0, length * 2)
    this.#values = new BigInt64Array(this.#values.length)
    this.length = 0
    return { type: this.#type, length, validity: this.#validity.finish(length), values, offsets: null }
  }

  #grow(): void {
    const grown = new BigInt64Array(this.#values.length * 2)
    grown.set(this.#values)
    this.#values = grown
  }
}
