/** Random schemas, keys and values of every type. */
import fc, { type Arbitrary } from 'fast-check'
import type { Key, KeyPart } from '../../src/record/key.ts'
import type { RequiredSpec, TypeSpec } from '../../src/record/type.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { nestedTypes, valuesOf } from '../codec/arbitraries.ts'

const plain = [
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
] as const

export const requiredTypes: readonly RequiredSpec[] = [
  ...plain.map(kind => ({ kind })),
  { kind: 'timestamp', unit: 'ms' },
  { kind: 'timestamp', unit: 'us' },
  { kind: 'timestamp', unit: 'ns' },
  { kind: 'enum', values: ['', 'red', 'grün'] },
]

export const types: readonly TypeSpec[] = [
  ...requiredTypes,
  ...nestedTypes,
  ...requiredTypes.map(of => ({ kind: 'optional' as const, of })),
]

export const keyTypes: readonly RequiredSpec[] = requiredTypes.filter(
  type => !['float32', 'float64', 'bytes'].includes(type.kind),
)

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ maxLength: 4 }))
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const whole = (bits: number): Arbitrary<number> =>
  fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })

/** Values of a type, edges included. */
export function valueOf(type: TypeSpec): Arbitrary<unknown> {
  switch (type.kind) {
    case 'optional':
      return fc.option(valueOf(type.of), { nil: null, freq: 3 })
    case 'bool':
      return fc.boolean()
    case 'int8':
      return whole(8)
    case 'int16':
      return whole(16)
    case 'int32':
    case 'date':
      return whole(32)
    case 'int64':
      return int64
    case 'safeInt64':
      return fc.maxSafeInteger()
    case 'float32':
      return fc.float()
    case 'float64':
      return fc.double()
    case 'string':
      return text
    case 'bytes':
      return fc.uint8Array({ maxLength: 9 })
    case 'timestamp':
      return type.unit === 'ns' ? int64 : fc.maxSafeInteger()
    case 'enum':
      return fc.constantFrom(...type.values)
    case 'decimal':
    case 'list':
    case 'struct':
    case 'map':
      return valuesOf(type)
  }
}

/** A table of any key, kind and type. */
export const table: Arbitrary<StateTable> = fc
  .record({
    keys: fc.array(fc.constantFrom(...keyTypes), { minLength: 1, maxLength: 3 }),
    kind: fc.constantFrom('value', 'list', 'reducing', 'aggregating', 'map', 'map'),
    mapKey: fc.constantFrom(...keyTypes),
    type: fc.constantFrom(...types),
  })
  .map(({ keys, kind, mapKey, type }) => ({
    uid: 'op',
    key: { fields: keys.map((keyType, i) => ({ name: `k${i}`, type: keyType })) },
    state: { name: 'state', kind, type: kind === 'map' ? { kind, key: mapKey, value: type } : type },
  }))

/** Some keys of a table, the same ones again and again, so that layers meet. */
export function keyOf({ key }: StateTable): Arbitrary<Key> {
  const parts = key.fields.map(field => valueOf(field.type) as Arbitrary<KeyPart>)
  return parts.length === 1 ? parts[0]! : fc.tuple(...parts)
}
