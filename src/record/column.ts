/**
 * A column in memory, in Arrow's layout: the one form in which records travel between Parquet, the fold, segments and
 * the wire. No JavaScript value is made until an operator asks for one.
 *
 * | type                                  | values           | offsets            |
 * |---------------------------------------|------------------|--------------------|
 * | bool                                  | Uint8Array, bits | null               |
 * | int8 / int16 / int32, date            | Int8/16/32Array  | null               |
 * | int64, safeInt64, timestamp           | BigInt64Array    | null               |
 * | float32 / float64                     | Float32/64Array  | null               |
 * | string, bytes, enum                   | Uint8Array, UTF-8 or bytes | Int32Array, length + 1 entries, may start above 0 |
 * | decimal                               | BigInt64Array, two words a row, low before high | null |
 * | struct                                | empty; children: one a field, of the same length | null |
 * | list                                  | empty; children: the elements | Int32Array, as above, into the elements |
 * | map                                   | empty; children: keys and values, keys ascending within a row | Int32Array, as above |
 *
 * Bit-packed buffers are least significant bit first and start at bit 0.
 */
import type { TypeSpec } from './type.ts'

/** The buffer of a column's values. */
export type ColumnValues =
  Uint8Array | Uint16Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array

/** One column of `length` rows. */
export interface Column {
  readonly type: TypeSpec
  readonly length: number
  /** One bit a row, 1 = there is a value; null when every row has one. */
  readonly validity: Uint8Array | null
  readonly values: ColumnValues
  readonly offsets: Int32Array | null
  /** Of nested types only. What stands under an absent row is nobody's value. */
  readonly children?: readonly Column[]
}

/** Columns of equal length, by name. */
export interface ColumnBatch {
  readonly length: number
  readonly columns: ReadonlyMap<string, Column>
}

/** Whether row `row` of the column has a value. */
export function isPresent(column: Column, row: number): boolean {
  const bits = column.validity
  return bits === null || ((bits[row >> 3] as number) & (1 << (row & 7))) !== 0
}
