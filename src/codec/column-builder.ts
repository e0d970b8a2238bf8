/**
 * Builders: from JavaScript values to a Column, one value after the other. Values are the caller's to check first
 * (`checkValue`); a builder stores what it is given. NaN is stored with its one canonical pattern, −0 keeps its sign.
 */
import type { Column } from '../record/column.ts'
import type { TypeSpec } from '../record/type.ts'
import {
  BitColumnBuilder,
  FloatColumnBuilder,
  Int64ColumnBuilder,
  IntColumnBuilder,
  SafeIntColumnBuilder,
} from './fixed-column-builders.ts'
import { DecimalColumnBuilder } from './decimal.ts'
import { isBigint, layoutOf } from './layout.ts'
import { ListColumnBuilder, MapColumnBuilder, StructColumnBuilder } from './nested-column-builders.ts'
import { BytesColumnBuilder, TextColumnBuilder } from './variable-column-builders.ts'

/** Takes values and gives a column. */
export interface ColumnBuilder {
  /** Rows appended since the start or the last `finish`. */
  readonly length: number
  /** Bytes of the column so far, validity left out: what a writer of blocks goes by. */
  readonly byteLength: number
  /** Adds a row; null for an absent value. */
  append(value: unknown): void
  /** The column of all rows; the builder is empty afterwards and shares no buffer with it. */
  finish(): Column
}

/** A builder for a type; `capacity` is the number of rows expected (buffers grow as needed). */
export function columnBuilder(type: TypeSpec, capacity: number = 64): ColumnBuilder {
  const layout = layoutOf(type)
  switch (layout) {
    case 'bits':
      return new BitColumnBuilder(type, capacity)
    case 'int8':
    case 'int16':
    case 'int32':
      return new IntColumnBuilder(type, layout, capacity)
    case 'float32':
    case 'float64':
      return new FloatColumnBuilder(type, layout, capacity)
    case 'int64':
      return isBigint(type)
        ? new Int64ColumnBuilder(type, capacity)
        : new SafeIntColumnBuilder(type, capacity)
    case 'text':
      return new TextColumnBuilder(type, capacity)
    case 'bytes':
      return new BytesColumnBuilder(type, capacity)
    case 'int128':
      return new DecimalColumnBuilder(type, capacity)
    case 'struct':
      return new StructColumnBuilder(type, capacity)
    case 'list':
      return new ListColumnBuilder(type, capacity)
    case 'map':
      return new MapColumnBuilder(type, capacity)
  }
}
