/** Whether a JavaScript value is one of its declared type: one rule for keys, state, emissions and decoded messages. */
import { badData } from '../errors.ts'
import { typeName, type TypeSpec } from './type.ts'

const maxInt64 = 2n ** 63n - 1n

/** Throws `data`, code `wrong-type` (or `lone-surrogate`), naming `thing`, unless `value` is a value of the type. */
export function checkValue(spec: TypeSpec, value: unknown, thing: string): void {
  if (isValueOf(spec, value)) return
  if (
    typeof value === 'string' &&
    (spec.kind === 'string' || (spec.kind === 'optional' && spec.of.kind === 'string'))
  ) {
    const remedy = 'replace it: UTF-8 has no form for half of a surrogate pair'
    throw badData({
      code: 'lone-surrogate',
      thing,
      expected: 'well-formed Unicode',
      found: JSON.stringify(value),
      remedy,
    })
  }
  throw badData({ code: 'wrong-type', thing, expected: typeName(spec), found: shown(value) })
}

/** Whether the value is one of the type: whole where whole is declared, in range, a bigint exactly where declared. */
export function isValueOf(spec: TypeSpec, value: unknown): boolean {
  switch (spec.kind) {
    case 'optional':
      return value === null || isValueOf(spec.of, value)
    case 'bool':
      return typeof value === 'boolean'
    case 'int8':
      return typeof value === 'number' && (value << 24) >> 24 === value
    case 'int16':
      return typeof value === 'number' && (value << 16) >> 16 === value
    case 'int32':
    case 'date':
      return typeof value === 'number' && (value | 0) === value
    case 'int64':
      return isInt64(value)
    case 'safeInt64':
      return Number.isSafeInteger(value)
    case 'float32':
    case 'float64':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string' && value.isWellFormed()
    case 'bytes':
      return value instanceof Uint8Array
    case 'timestamp':
      return spec.unit === 'ns' ? isInt64(value) : Number.isSafeInteger(value)
    case 'enum':
      return typeof value === 'string' && spec.values.includes(value)
  }
}

/**
 * A checked value as a column gives it back: a whole number has no −0, and float32 is rounded to the nearest single. Who
 * keeps a value beside its column keeps this one, so that nothing changes when it is restored.
 */
export function storedValue(spec: TypeSpec, value: unknown): unknown {
  if (typeof value !== 'number') return value
  const kind = spec.kind === 'optional' ? spec.of.kind : spec.kind
  if (kind === 'float64') return value
  return kind === 'float32' ? Math.fround(value) : value + 0
}

function isInt64(value: unknown): boolean {
  return typeof value === 'bigint' && value <= maxInt64 && value >= -maxInt64 - 1n
}

/** A value as errors show it: its JavaScript type and the start of its text. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  const text =
    typeof value === 'object' ? Object.prototype.toString.call(value) : (value as symbol).toString()
  return `${typeof value} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
}
