/** Bytes and orders of FORMAT.md, written from that page alone. */
import { createHash } from 'node:crypto'

// JSON and Arrow values as they come; this reader knows no types of the library.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any

/** SHA-256 of all parts behind each other. */
export const sha = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Section 2. */
export function canonical(value: Loose): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value as object).sort()
  return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}

export const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(value)
  return bytes
}
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

/** Section 3. */
export function keyBytes(part: Loose, type: Loose): Buffer {
  if (typeof part === 'string') return Buffer.from(part)
  return int64(BigInt(part as number) * (type.kind === 'timestamp' && type.unit === 'ms' ? 1000n : 1n))
}

/** Section 3's order. */
export function compareParts(a: Loose, b: Loose): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a < b ? -1 : a > b ? 1 : 0
}
