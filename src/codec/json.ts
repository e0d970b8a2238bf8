/**
 * JSON and records: log messages and NDJSON lines. With a schema each field is decoded and checked, or encoded, by
 * generated code whose usual case has no call in it; everything else goes to the rules of json-value.ts.
 */
import { badData } from '../errors.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import type { RequiredSpec } from '../record/type.ts'
import { isNested, required } from '../record/type.ts'
import { shown } from '../record/value.ts'
import { jsonText } from './json-text.ts'
import { valueFromJson, valueToJson } from './json-value.ts'
import { generated, objectLiteral } from './object-literal.ts'

export { valueFromJson, valueToJson, type Json } from './json-value.ts'
export { jsonText } from './json-text.ts'

/** Makes a record of what `JSON.parse` gave. */
export type JsonDecoder = (value: unknown) => AnyRecord

/** Makes one line of JSON of a record, without the line's end. */
export type JsonEncoder = (record: AnyRecord) => string

/**
 * A decoder for the fields; fields that the schema does not have are ignored. `thing` is what errors name: `data`, codes
 * `wrong-type`, `missing-field`, `lone-surrogate`, each with the field.
 */
export function jsonDecoder(fields: readonly Field[], thing: string): JsonDecoder {
  const bindings = new Map<string, unknown>([['refuse', (value: unknown) => refuseNonObject(value, thing)]])
  const properties = fields.map((field, i) => {
    bindings.set(`slow${i}`, (json: unknown) =>
      valueFromJson(field.type, json, `${thing}, field '${field.name}'`),
    )
    return { name: field.name, expression: decoding(field, i) }
  })
  const check = `if (typeof json !== 'object' || json === null || Array.isArray(json)) refuse(json)`
  return generated<JsonDecoder>('json', `${check}; let v; return ${objectLiteral(properties)}`, bindings)
}

/** An encoder for records of the fields; null for records without a schema (json-text.ts says what they may hold). */
export function jsonEncoder(fields: readonly Field[] | null): JsonEncoder {
  if (fields === null) return record => jsonText(record)
  const bindings = new Map<string, unknown>([['text', jsonText]])
  const properties = fields.map((field, i) => {
    bindings.set(`convert${i}`, (value: unknown) => valueToJson(field.type, value))
    const value = property('record', field.name)
    return {
      name: field.name,
      expression: isJsonAlready(required(field.type)) ? value : `convert${i}(${value})`,
    }
  })
  return generated<JsonEncoder>('record', `return text(${objectLiteral(properties)})`, bindings)
}

/** The usual form of a value in place, anything else by `slow`. */
function decoding({ name, type }: Field, i: number): string {
  const usual = usualForm(required(type))
  const slow = `slow${i}(v)`
  return usual === null
    ? `(v = ${property('json', name)}, ${slow})`
    : `(v = ${property('json', name)}, ${usual.test}) ? ${usual.value} : ${slow}`
}

interface UsualForm {
  readonly test: string
  readonly value: string
}

/** Asked first: an operator calls `toString` of an object, whose text is foreign. */
const isNumber = `typeof v === 'number'`

/** `v + 0` makes 0 of −0, which whole numbers don't have. */
function usualForm(spec: RequiredSpec): UsualForm | null {
  switch (spec.kind) {
    case 'bool':
      return { test: `v === true || v === false`, value: 'v' }
    case 'int8':
      return { test: `${isNumber} && (v << 24 >> 24) === v`, value: 'v + 0' }
    case 'int16':
      return { test: `${isNumber} && (v << 16 >> 16) === v`, value: 'v + 0' }
    case 'int32':
      return { test: `${isNumber} && (v | 0) === v`, value: 'v + 0' }
    case 'safeInt64':
      return { test: 'Number.isSafeInteger(v)', value: 'v + 0' }
    case 'timestamp':
      return spec.unit === 'ns' ? null : { test: 'Number.isSafeInteger(v)', value: 'v + 0' }
    case 'float64':
      return { test: isNumber, value: 'v' }
    case 'string':
      return { test: `typeof v === 'string' && v.isWellFormed()`, value: 'v' }
    case 'int64':
    case 'float32':
    case 'bytes':
    case 'enum':
    case 'date':
    case 'decimal':
    case 'struct':
    case 'list':
    case 'map':
      return null
  }
}

/** Whether the values of a type are their own JSON form, as `jsonText` takes it. */
function isJsonAlready(spec: RequiredSpec): boolean {
  return spec.kind !== 'bytes' && spec.kind !== 'date' && !isNested(spec)
}

/** Own properties only: an absent field named like a method of every object is absent. */
function property(object: string, name: string): string {
  const quoted = JSON.stringify(name)
  return name in Object.prototype
    ? `(Object.hasOwn(${object}, ${quoted}) ? ${object}[${quoted}] : undefined)`
    : `${object}[${quoted}]`
}

function refuseNonObject(value: unknown, thing: string): never {
  const found = Array.isArray(value) ? 'an array' : shown(value)
  throw badData({ code: 'wrong-type', thing, expected: 'a JSON object', found })
}
