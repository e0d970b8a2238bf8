/** Random types and values of them, edges first in mind: the input of the codec's property tests. */
import fc from 'fast-check'
import type { RequiredSpec, TypeSpec } from '../../src/record/type.ts'

const maxSafe = Number.MAX_SAFE_INTEGER

/** A value to append, or null for an absent one. */
export function valuesOf(type: TypeSpec): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'optional':
      return fc.option(valuesOf(type.of), { nil: null, freq: 3 })
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'int32':
    case 'date':
      return fc.oneof(fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer())
    case 'int64':
      return bigints
    case 'safeInt64':
      return safeIntegers
    case 'timestamp':
      return type.unit === 'ns' ? bigints : safeIntegers
    case 'float32':
      return fc.float()
    case 'float64':
      return fc.oneof(fc.constantFrom(-0, 0, NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE), fc.double())
    case 'string':
      return texts
    case 'enum':
      return fc.constantFrom(...type.values)
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 })
    case 'decimal':
      return decimals(type.precision, type.scale)
    case 'list':
      return fc.array(valuesOf(type.of), { maxLength: 5 })
    case 'map':
      return fc
        .array(fc.tuple(valuesOf(type.key), valuesOf(type.value)), { maxLength: 5 })
        .map(entries => new Map(entries))
    case 'struct':
      return fc.record(Object.fromEntries(type.fields.map(field => [field.name, valuesOf(field.type)])), {
        noNullPrototype: true,
      })
  }
}

function decimals(precision: number, scale: number): fc.Arbitrary<string> {
  const most = 10n ** BigInt(precision) - 1n
  return fc.oneof(fc.constantFrom(0n, 1n, -1n, most, -most), fc.bigInt(-most, most)).map(unscaled => {
    const digits = `${unscaled < 0n ? -unscaled : unscaled}`.padStart(scale + 1, '0')
    const whole = `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}`
    return scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`
  })
}

const bigints = fc.oneof(
  fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
)

const safeIntegers = fc.oneof(
  fc.constantFrom(0, -1, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, maxSafe, -maxSafe),
  fc.maxSafeInteger(),
)

/** Short and long, ASCII and not, beyond the basic plane, with a byte order mark in front. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'é', '\u{1F600}', '\uFEFFx', '\0', 'naïve', 'ab\u{10FFFF}', 'x'.repeat(300)),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 20 }).filter(text => text.isWellFormed()),
)

/** Every required type once. */
export const requiredTypes: readonly RequiredSpec[] = [
  { kind: 'bool' },
  { kind: 'int8' },
  { kind: 'int16' },
  { kind: 'int32' },
  { kind: 'int64' },
  { kind: 'safeInt64' },
  { kind: 'float32' },
  { kind: 'float64' },
  { kind: 'string' },
  { kind: 'bytes' },
  { kind: 'date' },
  { kind: 'timestamp', unit: 'ms' },
  { kind: 'timestamp', unit: 'us' },
  { kind: 'timestamp', unit: 'ns' },
  { kind: 'enum', values: ['red', 'grün', '', 'blue with a long name'] },
]

/** Types that the flat ones make: some of each kind, within each other, with and without nulls. */
export const nestedTypes: readonly RequiredSpec[] = [
  { kind: 'decimal', precision: 4, scale: 2 },
  { kind: 'decimal', precision: 38, scale: 0 },
  { kind: 'decimal', precision: 38, scale: 38 },
  { kind: 'list', of: { kind: 'int32' } },
  { kind: 'list', of: { kind: 'optional', of: { kind: 'bool' } } },
  { kind: 'list', of: { kind: 'list', of: { kind: 'optional', of: { kind: 'string' } } } },
  { kind: 'struct', fields: [{ name: 'only', type: { kind: 'int64' } }] },
  {
    kind: 'struct',
    fields: [
      { name: 'name', type: { kind: 'string' } },
      { name: 'length', type: { kind: 'optional', of: { kind: 'decimal', precision: 9, scale: 3 } } },
      {
        name: 'inner',
        type: {
          kind: 'optional',
          of: {
            kind: 'struct',
            fields: [
              { name: 'bits', type: { kind: 'list', of: { kind: 'bool' } } },
              { name: 'at', type: { kind: 'timestamp', unit: 'us' } },
              { name: 'half', type: { kind: 'float32' } },
            ],
          },
        },
      },
    ],
  },
  { kind: 'map', key: { kind: 'string' }, value: { kind: 'float64' } },
  {
    kind: 'map',
    key: { kind: 'timestamp', unit: 'ns' },
    value: { kind: 'optional', of: { kind: 'map', key: { kind: 'bool' }, value: { kind: 'bytes' } } },
  },
  {
    kind: 'list',
    of: {
      kind: 'optional',
      of: {
        kind: 'struct',
        fields: [
          {
            name: 'tags',
            type: { kind: 'map', key: { kind: 'enum', values: ['x', 'y'] }, value: { kind: 'int8' } },
          },
          { name: 'day', type: { kind: 'date' } },
        ],
      },
    },
  },
]

/** Every type, required and optional, flat and nested. */
export const allTypes: readonly TypeSpec[] = [...requiredTypes, ...nestedTypes].flatMap(of => [
  of,
  { kind: 'optional', of },
])

/** A type together with rows of it. */
export function typedRows(maxLength = 100): fc.Arbitrary<{ type: TypeSpec; rows: unknown[] }> {
  return fc
    .constantFrom(...allTypes)
    .chain(type => fc.record({ type: fc.constant(type), rows: fc.array(valuesOf(type), { maxLength }) }))
}
