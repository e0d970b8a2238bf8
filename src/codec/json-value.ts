/**
 * The JSON form of each type, as log messages, NDJSON outputs and `--json` have it:
 *
 * | type                     | JSON                                                              |
 * |--------------------------|-------------------------------------------------------------------|
 * | bool, string, enum       | as they are                                                       |
 * | int8…int32, safeInt64    | number                                                            |
 * | int64, timestamp(ns)     | decimal string; a number is taken when it is a safe integer       |
 * | float32, float64         | number; "NaN", "Infinity", "-Infinity"; −0 keeps its sign         |
 * | bytes                    | base64                                                            |
 * | date                     | "YYYY-MM-DD"                                                      |
 * | timestamp(ms), (us)      | number of that unit since the epoch; ISO 8601 text is taken too   |
 * | decimal                  | its text; text with fewer digits behind the point, and safe integers, are taken |
 * | list                     | array                                                             |
 * | struct                   | object; an absent member is null, others than the fields are ignored |
 * | map                      | array of [key, value], keys ascending; an object is taken where keys are text |
 * | optional                 | null, or the form of the type; an absent field is null            |
 */
import { badData } from '../errors.ts'
import {
  required,
  typeName,
  type RequiredSpec,
  type NestedSpec,
  type TimeUnit,
  type TypeSpec,
} from '../record/type.ts'
import { checkValue, shown } from '../record/value.ts'
import { decimalFrom } from './decimal.ts'
import { dateFromText, dateText, instantFromText, instantIn } from './iso-time.ts'
import { nestedFromJson, nestedToJson } from './nested-json.ts'

/** A value as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** The JSON form of a value of the type; the value was checked before. */
export function valueToJson(type: TypeSpec, value: unknown): Json {
  if (value === null) return null
  const spec = required(type)
  switch (spec.kind) {
    case 'bool':
    case 'int8':
    case 'int16':
    case 'int32':
    case 'safeInt64':
    case 'string':
    case 'enum':
    case 'decimal':
      return value as boolean | number | string
    case 'int64':
      return `${value as bigint}`
    case 'timestamp':
      return typeof value === 'bigint' ? String(value) : (value as number)
    case 'float32':
    case 'float64':
      return Number.isFinite(value) ? (value as number) : `${value as number}`
    case 'bytes':
      return base64(value as Uint8Array)
    case 'date':
      return dateText(value as number)
    case 'struct':
    case 'list':
    case 'map':
      return nestedToJson(spec, value, valueToJson)
  }
}

/**
 * The value of a JSON form. Errors name `thing`: `data`, codes `missing-field` (null or absent, and not optional),
 * `wrong-type`, `lone-surrogate`.
 */
export function valueFromJson(type: TypeSpec, json: unknown, thing: string): unknown {
  if (json === null || json === undefined) {
    if (type.kind === 'optional') return null
    const found = json === null ? 'null' : 'nothing'
    const remedy = 'declare it optional, or skip such records'
    throw badData({ code: 'missing-field', thing, expected: typeName(type), found, remedy })
  }
  const spec = required(type)
  if (spec.kind === 'struct' || spec.kind === 'list' || spec.kind === 'map') {
    const nested = nestedFromJson(spec, json, thing, valueFromJson)
    if (nested === undefined) throw wrongType(spec, json, thing)
    return nested
  }
  const value = decoded(spec, json)
  if (value === undefined) throw wrongType(spec, json, thing)
  checkValue(spec, value, thing)
  return value
}

/** Bytes in base64 with padding. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** The value as far as the form tells, undefined where the form is wrong; ranges are checked by the caller. */
function decoded(spec: Exclude<RequiredSpec, NestedSpec>, json: unknown): unknown {
  switch (spec.kind) {
    case 'bool':
    case 'string':
    case 'enum':
      return json
    case 'int8':
    case 'int16':
    case 'int32':
    case 'safeInt64':
      return typeof json === 'number' ? json + 0 : undefined
    case 'int64':
      return bigintFrom(json)
    case 'float32':
      return singleFrom(floatFrom(json))
    case 'float64':
      return floatFrom(json)
    case 'bytes':
      return typeof json === 'string' ? bytesFrom(json) : undefined
    case 'date':
      return typeof json === 'string' ? (dateFromText(json) ?? undefined) : undefined
    case 'timestamp':
      return timestampFrom(json, spec.unit)
    case 'decimal':
      return decimalFrom(json, spec.scale)
  }
}

function bigintFrom(json: unknown): bigint | undefined {
  if (typeof json === 'string') return /^-?\d{1,19}$/.test(json) ? BigInt(json) : undefined
  return Number.isSafeInteger(json) ? BigInt(json as number) : undefined
}

function floatFrom(json: unknown): number | undefined {
  if (typeof json === 'number') return json
  return json === 'NaN' || json === 'Infinity' || json === '-Infinity' ? Number(json) : undefined
}

/** Rounded to the nearest single; a finite number that no single is near to is no value. */
function singleFrom(value: number | undefined): number | undefined {
  if (value === undefined) return undefined
  const single = Math.fround(value)
  return Number.isFinite(value) && !Number.isFinite(single) ? undefined : single
}

function bytesFrom(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return undefined
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function timestampFrom(json: unknown, unit: TimeUnit): number | bigint | undefined {
  if (typeof json === 'number') return unit === 'ns' ? bigintFrom(json) : json + 0
  if (typeof json !== 'string') return undefined
  const instant = instantFromText(json)
  if (instant) return instantIn(instant, unit) ?? undefined
  return unit === 'ns' ? bigintFrom(json) : undefined
}

const forms: Partial<Record<TypeSpec['kind'], string>> = {
  int64: 'a decimal string or a safe integer',
  float32: 'a number, "NaN", "Infinity" or "-Infinity"',
  float64: 'a number, "NaN", "Infinity" or "-Infinity"',
  bytes: 'base64',
  date: 'YYYY-MM-DD',
  decimal: 'a decimal number as text, such as "12.30"',
  list: 'a JSON array',
  struct: 'a JSON object',
  map: 'an array of [key, value], each key once; an object where keys are text',
  timestamp: 'a whole number, or ISO 8601 with no finer fraction than the unit',
}

function wrongType(spec: RequiredSpec, json: unknown, thing: string): Error {
  const form = forms[spec.kind]
  const expected = form === undefined ? typeName(spec) : `${typeName(spec)} (${form})`
  return badData({ code: 'wrong-type', thing, expected, found: shown(json) })
}
