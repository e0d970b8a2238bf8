/** From rows to columns and back, and equality that tells −0 from 0: what codec tests are written in. */
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
  return row < 0 ? null : `row ${row}: ${String(found[row])} instead of ${String(expected[row])}`
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return Object.is(a, b)
}
