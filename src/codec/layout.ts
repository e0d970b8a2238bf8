/** Which buffers a type has (the table of record/column.ts), for code that goes by layout and not by meaning. */
import { required, type TypeSpec } from '../record/type.ts'

/** One physical layout a name. */
export type Layout = FlatLayout | 'int128' | NestedLayout

/** Layouts of one buffer, with offsets or without. */
export type FlatLayout =
  'bits' | 'int8' | 'int16' | 'int32' | 'int64' | 'float32' | 'float64' | 'text' | 'bytes'

/** Layouts with children. */
export type NestedLayout = 'struct' | 'list' | 'map'

/** The layout of a type's values; an optional type is laid out like the type itself. */
export function layoutOf(type: TypeSpec): Layout {
  const spec = required(type)
  switch (spec.kind) {
    case 'bool':
      return 'bits'
    case 'date':
      return 'int32'
    case 'safeInt64':
    case 'timestamp':
      return 'int64'
    case 'string':
    case 'enum':
      return 'text'
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
    case 'bytes':
    case 'struct':
    case 'list':
    case 'map':
      return spec.kind
    case 'decimal':
      return 'int128'
  }
}

/** Whether values of a 64-bit type are bigints in JavaScript; the others are safe integers as numbers. */
export function isBigint(type: TypeSpec): boolean {
  const spec = required(type)
  return spec.kind === 'int64' || (spec.kind === 'timestamp' && spec.unit === 'ns')
}

/** A 64-bit buffer as pairs of 32-bit words, low before high (Arrow buffers and all machines of ours are little-endian). */
export function wordsOf(values: ArrayBufferView): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength >>> 2)
}
