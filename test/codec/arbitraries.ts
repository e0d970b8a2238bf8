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
  }
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

/** Every type, required and optional. */
export const allTypes: readonly TypeSpec[] = [
  ...requiredTypes,
  ...requiredTypes.map((of): TypeSpec => ({ kind: 'optional', of })),
]

/** A type together with rows of it. */
export function typedRows(maxLength = 100): fc.Arbitrary<{ type: TypeSpec; rows: unknown[] }> {
  return fc
    .constantFrom(...allTypes)
    .chain(type => fc.record({ type: fc.constant(type), rows: fc.array(valuesOf(type), { maxLength }) }))
}
