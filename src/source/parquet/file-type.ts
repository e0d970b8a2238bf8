/** The types that stand in Parquet files, as far as columns of a schema can come from them; and their names for people. */
import type { TimeUnit } from '../../record/type.ts'

/** What a file says about a column. `other` is readable by nothing here: times of day, intervals. */
export type FileType =
  | { readonly kind: 'bool' | 'string' | 'bytes' | 'date' }
  | { readonly kind: 'int'; readonly bits: IntBits; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 16 | 32 | 64 }
  /** Byte strings of one length. */
  | { readonly kind: 'fixed'; readonly bytes: number }
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit }
  /** The old 96-bit timestamp of Impala, Hive and Spark: nanoseconds of the day and a Julian day number. */
  | { readonly kind: 'int96' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly of: FileType }
  | {
      readonly kind: 'struct'
      readonly fields: readonly { readonly name: string; readonly type: FileType }[]
    }
  | { readonly kind: 'map'; readonly key: FileType; readonly value: FileType }
  | { readonly kind: 'other'; readonly name: string }

/** Bits of a whole number. */
export type IntBits = 8 | 16 | 32 | 64

/** The type in words: `int64`, `uint8`, `timestamp(us)`, `bytes (no UTF-8 annotation)`, `decimal(10,2)`. */
export function fileTypeName(type: FileType): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? 'int' : 'uint'}${type.bits}`
    case 'float':
      return `float${type.bits}`
    case 'fixed':
      return `bytes of length ${type.bytes}`
    case 'timestamp':
      return `timestamp(${type.unit})`
    case 'int96':
      return 'timestamp(int96)'
    case 'bytes':
      return 'bytes (no UTF-8 annotation)'
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`
    case 'list':
      return `list(${fileTypeName(type.of)})`
    case 'struct':
      return `struct(${type.fields.map(({ name, type: inner }) => `${name}: ${fileTypeName(inner)}`).join(', ')})`
    case 'map':
      return `map(${fileTypeName(type.key)}, ${fileTypeName(type.value)})`
    case 'other':
      return type.name
    case 'bool':
    case 'string':
    case 'date':
      return type.kind
  }
}
