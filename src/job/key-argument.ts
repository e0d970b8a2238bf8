/**
 * The types behind `keyBy`: one signature for its three forms. The first argument is inferred alone; it decides what may
 * follow it, so that the function of `keyBy(t.string(), record => …)` gets its record's type, without overloads.
 */
import type { KeyPart } from '../record/key.ts'
import type { Type } from '../record/type.ts'

/** Names of the fields that may be keys, optional ones included. That floats may not is found when the job is built. */
export type KeyField<R> = { [F in keyof R]: NonNullable<R[F]> extends KeyPart ? F : never }[keyof R] & string

/** After a type the function that gives the key, or null for a bad record; after a field's name further names. */
export type MoreKeyArguments<R, First, Names extends readonly string[]> =
  First extends Type<infer V> ? readonly [keyOf: (record: R) => V | null] : Names

/** The key: the function's type, one field's type or a tuple of several; never null. */
export type KeyOf<R, First, Names extends readonly string[]> =
  First extends Type<infer V>
    ? V
    : Names extends readonly []
      ? FieldValue<R, First>
      : readonly [FieldValue<R, First>, ...{ [I in keyof Names]: FieldValue<R, Names[I]> }]

type FieldValue<R, F> = F extends keyof R ? NonNullable<R[F]> : never
