/** From rows to columns and back, and equality that tells −0 from 0: what codec tests are written in. */
import { inspect } from 'node:util'
import { columnBuilder } from '../../src/codec/column-builder.ts'
import { valueReader } from '../../src/codec/column-reader.ts'
import type { Column } from '../../src/record/column.ts'
import type { TypeSpec } from '../../src/record/type.ts'

/** A column of the rows. */
export function columnOf(type: TypeSpec, rows: readonly unknown[], capacity = 1): Column {
  const builder = columnBuilder(type, capacity)
  for (const row of rows) builder.append(row)
  return builder.finish()
}

/** The rows of a column. */
export function rowsOf(column: Column): unknown[] {
  const read = valueReader(column)
  return Array.from({ length: column.length }, (_, row) => read(row))
}

/** What differs first, or null; values are told apart by `Object.is`, bytes by their content. */
export function difference(found: readonly unknown[], expected: readonly unknown[]): string | null {
  if (found.length !== expected.length) return `${found.length} rows instead of ${expected.length}`
  const row = found.findIndex((value, i) => !sameValue(value, expected[i]))
  return row < 0 ? null : `row ${row}: ${inspect(found[row])} instead of ${inspect(expected[row])}`
}

/** Maps are the same when their entries are, in whatever order. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]))
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)))
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b)
  const names = Object.keys(a)
  return names.join() === Object.keys(b).join() && names.every(name => sameValue(a[name], b[name]))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}
