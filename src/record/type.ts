/**
 * Schema types: one declaration gives the TypeScript type, the Arrow column, the JSON form, the key bytes and the
 * preview. The specification is plain data, so that manifests and job graphs can carry it.
 */
import {
  checkedDecimal,
  checkedEnum,
  checkedMapKey,
  checkedNesting,
  checkedUnit,
  specOf,
} from './type-check.ts'

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
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
  | { readonly kind: 'list'; readonly of: TypeSpec }
  | { readonly kind: 'map'; readonly key: RequiredSpec; readonly value: TypeSpec }
  | { readonly kind: 'optional'; readonly of: RequiredSpec }

/** One field of a struct; fields of a schema look the same. */
export interface StructField {
  readonly name: string
  readonly type: TypeSpec
}

/** Types that hold values of other types. */
export type NestedSpec = Extract<TypeSpec, { kind: 'struct' | 'list' | 'map' }>

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
  /**
   * An exact decimal number as text with exactly `scale` digits behind the point: `'12.30'` for `decimal(4, 2)`. At most
   * `precision` digits, which is at most 38.
   */
  decimal: (precision: number, scale: number): Type<string> => of(checkedDecimal(precision, scale)),
  /** A plain object with exactly these fields. State gives it back frozen. */
  struct: <const F extends Readonly<Record<string, Type<unknown>>>>(
    fields: F,
  ): Type<{ readonly [N in keyof F]: ValueOf<F[N]> }> => of(structOf(fields)),
  /** An array of values of the type. State gives it back frozen. */
  list: <V>(type: Type<V>): Type<readonly V[]> =>
    of(checkedNesting({ kind: 'list', of: specOf(type, 't.list') }, 't.list')),
  /**
   * A `Map`. Keys are strings, enums, whole numbers, bools, dates or timestamps; everywhere but in a `Map` that you make
   * entries stand in the order of their keys.
   */
  map: <K extends string | number | bigint | boolean, V>(
    key: Type<K>,
    value: Type<V>,
  ): Type<ReadonlyMap<K, V>> =>
    of(
      checkedNesting(
        { kind: 'map', key: checkedMapKey(specOf(key, 't.map')), value: specOf(value, 't.map') },
        't.map',
      ),
    ),
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
    case 'decimal':
      return `decimal(${spec.precision},${spec.scale})`
    case 'struct':
      return `struct(${spec.fields.map(({ name, type }) => `${name}: ${typeName(type)}`).join(', ')})`
    case 'list':
      return `list(${typeName(spec.of)})`
    case 'map':
      return `map(${typeName(spec.key)}, ${typeName(spec.value)})`
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

/** Whether the type holds values of other types. */
export function isNested(spec: TypeSpec): boolean {
  const { kind } = required(spec)
  return kind === 'struct' || kind === 'list' || kind === 'map'
}

/** Whether two types are the same, enum values and fields in order included. */
export function sameType(a: TypeSpec, b: TypeSpec): boolean {
  if (a.kind === 'optional') return b.kind === 'optional' && sameType(a.of, b.of)
  if (a.kind === 'list') return b.kind === 'list' && sameType(a.of, b.of)
  if (a.kind === 'map') return b.kind === 'map' && sameType(a.key, b.key) && sameType(a.value, b.value)
  if (a.kind === 'enum') return b.kind === 'enum' && sameList(a.values, b.values, (x, y) => x === y)
  if (a.kind === 'struct') return b.kind === 'struct' && sameList(a.fields, b.fields, sameField)
  return a.kind === b.kind && typeName(a) === typeName(b)
}

function sameField(a: StructField, b: StructField): boolean {
  return a.name === b.name && sameType(a.type, b.type)
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b[i] as T))
}

function structOf(fields: Readonly<Record<string, Type<unknown>>>): TypeSpec {
  const named = Object.entries(fields).map(([name, type]) => {
    return { name, type: specOf(type, `t.struct: field '${name}'`) }
  })
  return checkedNesting({ kind: 'struct', fields: named }, 't.struct')
}
