/** Whether a stored column holds values of its type only: what a reader takes for granted, checked. Text is UTF-8, or no block comes of it. */
import { bitAt } from '../codec/bitmap.ts'
import { valueReader } from '../codec/column-reader.ts'
import { messageOf } from '../errors.ts'
import type { Column } from '../record/column.ts'
import { typeName } from '../record/type.ts'
import { isValueOf, shown } from '../record/value.ts'

/** The first row that holds no value of the type, and why; null when there is none. Tombstones' rows may hold anything. */
export function wrongValue(column: Column, tombstones: Uint8Array | null): string | null {
  const read = valueReader(column)
  for (let row = 0; row < column.length; row++) {
    if (tombstones !== null && bitAt(tombstones, row)) continue
    const wrong = wrongRow(column, read, row)
    if (wrong !== null) return `row ${row}: ${wrong}`
  }
  return null
}

function wrongRow({ type }: Column, read: (row: number) => unknown, row: number): string | null {
  try {
    const value = read(row)
    return isValueOf(type, value) ? null : `expected ${typeName(type)}, found ${shown(value)}`
  } catch (error) {
    return messageOf(error)
  }
}
