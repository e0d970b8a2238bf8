/** Fields as they stand in Arrow files: the schema types, and the one narrower type that segments use for key groups. */
import type { TypeSpec } from '../record/type.ts'
import { isOptional } from '../record/type.ts'

/** A type in a file; `uint16` holds what is an int32 in memory, where its values are from 0 to 65535. */
export type StoredType = TypeSpec | { readonly kind: 'uint16' }

/** One field of an Arrow file that we write. */
export interface StoredField {
  readonly name: string
  readonly type: StoredType
  /** Whether the field may hold nulls; true for every optional type. */
  readonly nullable: boolean
}

/** The type that the field's Column has in memory. */
export function columnType(type: StoredType): TypeSpec {
  return type.kind === 'uint16' ? { kind: 'int32' } : type
}

/** The stored form of a schema's field. */
export function storedField(name: string, type: TypeSpec): StoredField {
  return { name, type, nullable: isOptional(type) }
}
