/**
 * Floor 0: what a record is. A schema names fields and their types; a record is a plain object with one property a
 * field. The same schema describes a row of Parquet, a message of a log and what an operator emits.
 */
import { invalid } from '../errors.ts'
import type { Type, TypeSpec, ValueOf } from './type.ts'

/** Fields by name, in the order of their columns. */
export type Schema = Readonly<Record<string, Type<unknown>>>

/** The record that a schema describes, with its TypeScript type. */
export type RecordOf<S extends Schema> = { readonly [F in keyof S]: ValueOf<S[F]> }

/** A record whose schema is known only at run time. */
export type AnyRecord = Readonly<Record<string, unknown>>

/** One field as plain data, as it stands in manifests. */
export interface Field {
  readonly name: string
  readonly type: TypeSpec
}

/** The fields of a schema as plain data, in order. */
export function fieldsOf(schema: Schema): readonly Field[] {
  return Object.entries(schema).map(([name, type]) => ({ name, type: type.spec }))
}

/** The field with that name; `invalid`, code `unknown-field`, when there is none. */
export function fieldNamed(fields: readonly Field[], name: string, owner: string): Field {
  const field = fields.find(candidate => candidate.name === name)
  if (field) return field
  const known = fields.map(candidate => candidate.name).join(', ')
  throw invalid({ code: 'unknown-field', thing: `${owner}: field '${name}'`, expected: `one of ${known}` })
}
