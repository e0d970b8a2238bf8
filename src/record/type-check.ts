/** What is checked when a type is declared: `invalid`, code `bad-type`. */
import { invalid } from '../errors.ts'
import type { RequiredSpec, TimeUnit, Type, TypeSpec } from './type.ts'

/** Lists, structs and maps within each other: deeper types are refused, here and in manifests. */
export const maxNesting = 32

/** What Decimal128 of Arrow and Parquet holds. */
export const maxDecimalDigits = 38

/** The unit, if it is one. */
export function checkedUnit(unit: TimeUnit): TimeUnit {
  if (unit === 'ms' || unit === 'us' || unit === 'ns') return unit
  throw badType('t.timestamp', `'ms', 'us' or 'ns'`, String(unit))
}

/** The values of an enum. */
export function checkedEnum(values: readonly string[]): readonly string[] {
  const distinct = new Set(values).size === values.length && values.length > 0
  if (distinct && values.every(value => typeof value === 'string' && value.isWellFormed())) return [...values]
  throw badType('t.enum', 'distinct strings of well-formed Unicode, at least one', JSON.stringify(values))
}

/** A decimal type, if there can be one of these digits. */
export function checkedDecimal(precision: number, scale: number): TypeSpec {
  if (isDecimal(precision, scale)) return { kind: 'decimal', precision, scale }
  const expected = `a precision from 1 to ${maxDecimalDigits} and a scale from 0 to the precision`
  throw badType('t.decimal', expected, `${precision}, ${scale}`)
}

/** Whether a decimal type can have these digits in all, and behind the point. */
export function isDecimal(precision: number, scale: number): boolean {
  const whole = Number.isInteger(precision) && Number.isInteger(scale)
  return whole && precision >= 1 && precision <= maxDecimalDigits && scale >= 0 && scale <= precision
}

/** The specification of what `t` made. */
export function specOf(type: Type<unknown>, thing: string): TypeSpec {
  const spec: unknown = (type as Partial<Type<unknown>> | null | undefined)?.spec
  if (typeof spec === 'object' && spec !== null && 'kind' in spec) return spec as TypeSpec
  throw badType(thing, 'a type, as in t.string()', typeof type)
}

/** The type of a map's keys, if it may be one. */
export function checkedMapKey(spec: TypeSpec): RequiredSpec {
  if (isMapKey(spec)) return spec
  throw badType('t.map', 'keys of a string, enum, whole number, bool, date or timestamp type', spec.kind)
}

/** Whether values of the type may be keys, of maps and of streams. */
export function isMapKey(spec: TypeSpec): spec is RequiredSpec {
  switch (spec.kind) {
    case 'string':
    case 'enum':
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'safeInt64':
    case 'date':
    case 'timestamp':
      return true
    case 'float32':
    case 'float64':
    case 'bytes':
    case 'decimal':
    case 'struct':
    case 'list':
    case 'map':
    case 'optional':
      return false
  }
}

/** The type, unless it is nested too deep, or a struct without fields or with one that no object can hold. */
export function checkedNesting<T extends TypeSpec>(spec: T, thing: string): T {
  if (nestingOf(spec) > maxNesting) throw badType(thing, `at most ${maxNesting} levels`, 'more')
  if (spec.kind !== 'struct') return spec
  if (spec.fields.length === 0) throw badType(thing, 'at least one field', 'none')
  const wrong = spec.fields.find(({ name }) => !isFieldName(name))
  if (wrong) throw badType(thing, 'field names', JSON.stringify(wrong.name))
  return spec
}

/** Field names are free text, since Parquet's are; but an object and UTF-8 must be able to hold them. */
export function isFieldName(name: string): boolean {
  return name !== '' && name !== '__proto__' && name.isWellFormed()
}

/** How many lists, structs and maps lie within each other at most. */
export function nestingOf(spec: TypeSpec): number {
  switch (spec.kind) {
    case 'optional':
      return nestingOf(spec.of)
    case 'list':
      return 1 + nestingOf(spec.of)
    case 'map':
      return 1 + nestingOf(spec.value)
    case 'struct':
      return 1 + Math.max(0, ...spec.fields.map(({ type }) => nestingOf(type)))
    default:
      return 0
  }
}

function badType(thing: string, expected: string, found: string): Error {
  return invalid({ code: 'bad-type', thing, expected, found })
}
