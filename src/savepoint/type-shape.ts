/** The shape of a type in a manifest. */
import { isDecimal, isFieldName, isMapKey, maxNesting, nestingOf } from '../record/type-check.ts'
import type { NestedSpec, RequiredSpec, StructField, TypeSpec } from '../record/type.ts'
import {
  count,
  listOf,
  name,
  oneOf,
  plainObject,
  record,
  ShapeMismatch,
  text,
  type Shape,
} from './json-shape.ts'

const plainType: Shape<RequiredSpec> = record<{ kind: RequiredSpec['kind'] }>({
  kind: oneOf(
    'bool',
    'int8',
    'int16',
    'int32',
    'int64',
    'safeInt64',
    'float32',
    'float64',
    'string',
    'bytes',
    'date',
  ),
}) as Shape<RequiredSpec>

const parametricTypes: Readonly<Record<string, Shape<TypeSpec>>> = {
  decimal: (value, at) => {
    const type = record<DecimalSpec>({ kind: oneOf('decimal'), precision: count, scale: count })(value, at)
    if (isDecimal(type.precision, type.scale)) return type
    throw new ShapeMismatch(at, 'a decimal of 1 to 38 digits', `${type.precision}, ${type.scale}`)
  },
  list: (value, at) => nested({ kind: oneOf('list'), of: anyType })(value, at),
  struct: (value, at) => nested({ kind: oneOf('struct'), fields: structFields })(value, at),
  map: (value, at) => nested({ kind: oneOf('map'), key: mapKeyType, value: anyType })(value, at),
  timestamp: record({ kind: oneOf('timestamp'), unit: oneOf('ms', 'us', 'ns') }),
  enum: record({ kind: oneOf('enum'), values: enumValues }),
  optional: (value, at) => record({ kind: oneOf('optional'), of: requiredType })(value, at),
}

/** A type as plain data. */
export const typeShape: Shape<TypeSpec> = (value, at) => {
  const { kind } = plainObject(value, at)
  const shape =
    typeof kind === 'string' && Object.hasOwn(parametricTypes, kind) ? parametricTypes[kind] : plainType
  return (shape as Shape<TypeSpec>)(value, at)
}

type DecimalSpec = Extract<TypeSpec, { kind: 'decimal' }>

const anyType: Shape<TypeSpec> = (value, at) => typeShape(value, at)

function nested<T extends NestedSpec>(members: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  const shape = record<T>(members)
  return (value, at) => {
    const type = shape(value, at)
    if (nestingOf(type) <= maxNesting) return type
    throw new ShapeMismatch(at, `a type of at most ${maxNesting} levels`, 'more')
  }
}

function structFields(value: unknown, at: string): readonly StructField[] {
  const fields = listOf(record<StructField>({ name: fieldName, type: anyType }))(value, at)
  const isDistinct = new Set(fields.map(field => field.name)).size === fields.length
  if (fields.length > 0 && isDistinct) return fields
  throw new ShapeMismatch(at, 'fields of distinct names, at least one', value)
}

function fieldName(value: unknown, at: string): string {
  const found = name(value, at)
  if (isFieldName(found)) return found
  throw new ShapeMismatch(at, 'a field name', value)
}

function mapKeyType(value: unknown, at: string): RequiredSpec {
  const type = typeShape(value, at)
  if (isMapKey(type)) return type
  throw new ShapeMismatch(at, 'a type that keys may have', value)
}

function requiredType(value: unknown, at: string): RequiredSpec {
  const type = typeShape(value, at)
  if (type.kind === 'optional') throw new ShapeMismatch(at, 'a type that is not optional itself', value)
  return type
}

function enumValues(value: unknown, at: string): readonly string[] {
  const values = listOf(text)(value, at)
  if (values.length > 0 && new Set(values).size === values.length) return values
  throw new ShapeMismatch(at, 'distinct texts, at least one', value)
}
