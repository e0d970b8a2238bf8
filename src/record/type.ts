/**
 * Schema types: one declaration gives the TypeScript type, the Arrow column, the JSON form, the key bytes and the
 * preview. The specification is plain data, so that manifests and job graphs can carry it.
 */
import { invalid } from '../errors.ts'

/** The unit of a timestamp. */
export type TimeUnit = 'ms' | 'us' | 'ns'

/** Kinds that need no parameter. */
export type PlainKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'safeInt64'
  | 'float32'
  | 'float64'
  | 'string'
  | 'bytes'
  | 'date'

/** A type as plain data. */
export type TypeSpec =
  | { readonly kind: PlainKind }
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'optional'; readonly of: RequiredSpec }

/** A type that has no null. */
export type RequiredSpec = Exclude<TypeSpec, { kind: 'optional' }>

/** A type that carries its JavaScript value type; made by `t`. */
export interface Type<out V> {
  readonly spec: TypeSpec
  /** Never set: it only carries the value type. */
  readonly '~value'?: V
}

/** The JavaScript value of a type. */
export type ValueOf<T> = T extends Type<infer V> ? V : never

const of = <V>(spec: TypeSpec): Type<V> => ({ spec })

/** The schema types. Each says which JavaScript value it stands for. */
export const t = {
  bool: (): Type<boolean> => of({ kind: 'bool' }),
  /** A whole number from −128 to 127. */
  int8: (): Type<number> => of({ kind: 'int8' }),
  int16: (): Type<number> => of({ kind: 'int16' }),
  int32: (): Type<number> => of({ kind: 'int32' }),
  /** 64 bits as a `bigint`. */
  int64: (): Type<bigint> => of({ kind: 'int64' }),
  /** 64 bits stored, a `number` in code: values beyond ±(2^53 − 1) are refused, never rounded. */
  safeInt64: (): Type<number> => of({ kind: 'safeInt64' }),
  float32: (): Type<number> => of({ kind: 'float32' }),
  float64: (): Type<number> => of({ kind: 'float64' }),
  /** Unicode text; a lone surrogate is refused, since UTF-8 can't hold it. */
  string: (): Type<string> => of({ kind: 'string' }),
  bytes: (): Type<Uint8Array> => of({ kind: 'bytes' }),
  /** Whole days since 1970-01-01, a `number`; `YYYY-MM-DD` in JSON. */
  date: (): Type<number> => of({ kind: 'date' }),
  /** Time since the epoch in that unit: a `number` for ms and us, a `bigint` for ns. */
  timestamp: <U extends TimeUnit>(unit: U): Type<U extends 'ns' ? bigint : number> =>
    of({ kind: 'timestamp', unit: checkedUnit(unit) }),
  /** One of a fixed list of strings. */
  enum: <const V extends readonly [string, ...string[]]>(...values: V): Type<V[number]> =>
    of({ kind: 'enum', values: checkedEnum(values) }),
  /** The value or `null`; an absent JSON field is `null`. */
  optional: <V>(type: Type<V>): Type<V | null> => of({ kind: 'optional', of: required(type.spec) }),
}

/** The type without its null. */
export function required(spec: TypeSpec): RequiredSpec {
  return spec.kind === 'optional' ? spec.of : spec
}

/** Whether the type has a null. */
export function isOptional(spec: TypeSpec): boolean {
  return spec.kind === 'optional'
}

/** The type in the words of its declaration: `int32`, `timestamp(ms)`, `optional(string)`. */
export function typeName(spec: TypeSpec): string {
  switch (spec.kind) {
    case 'timestamp':
      return `timestamp(${spec.unit})`
    case 'enum':
      return `enum(${spec.values.join('|')})`
    case 'optional':
      return `optional(${typeName(spec.of)})`
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'safeInt64':
    case 'float32':
    case 'float64':
    case 'string':
    case 'bytes':
    case 'date':
      return spec.kind
  }
}

/** Whether two types are the same, enum values in order included. */
export function sameType(a: TypeSpec, b: TypeSpec): boolean {
  if (a.kind === 'optional') return b.kind === 'optional' && sameType(a.of, b.of)
  if (a.kind !== 'enum' || b.kind !== 'enum') return typeName(a) === typeName(b)
  return a.values.length === b.values.length && a.values.every((value, i) => value === b.values[i])
}

function checkedUnit(unit: TimeUnit): TimeUnit {
  if (unit === 'ms' || unit === 'us' || unit === 'ns') return unit
  throw invalid({
    code: 'bad-type',
    thing: 't.timestamp',
    expected: `'ms', 'us' or 'ns'`,
    found: String(unit),
  })
}

function checkedEnum(values: readonly string[]): readonly string[] {
  const distinct = new Set(values).size === values.length && values.length > 0
  if (distinct && values.every(value => typeof value === 'string' && value.isWellFormed())) return [...values]
  throw invalid({
    code: 'bad-type',
    thing: 't.enum',
    expected: 'distinct strings of well-formed Unicode, at least one',
    found: JSON.stringify(values),
  })
}
