/** What the hashes of key columns share: a column's whole numbers as canonical 64 bits in two words. */
import { internal } from '../errors.ts'
import type { Column } from '../record/column.ts'
import { required, typeName } from '../record/type.ts'

/** The high word of 1000 times a 64-bit number, given 1000 times its low word and its high word. */
export function timesThousandHigh(lowProduct: number, high: number): number {
  return (Math.imul(high, 1000) + Math.floor(lowProduct / 0x1_0000_0000)) | 0
}

/** Whether the canonical bytes are those of the values times 1000. */
export function isMilliseconds({ type }: Column): boolean {
  const spec = required(type)
  return spec.kind === 'timestamp' && spec.unit === 'ms'
}

/** The error for a column whose type can't be a key. */
export function notAKey({ type }: Column): Error {
  return internal({
    code: 'key-columns',
    thing: 'hashKeys',
    expected: 'a type of keys',
    found: typeName(type),
  })
}
