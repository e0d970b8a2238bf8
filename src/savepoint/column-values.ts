/** Whether a stored column holds values of its type only: what a reader takes for granted, checked. */
import { bitAt } from '../codec/bitmap.ts'
import { valueReader } from '../codec/column-reader.ts'
import { messageOf } from '../errors.ts'
import type { Column } from '../record/column.ts'
import { typeName } from '../record/type.ts'
import { isValueOf, shown } from '../record/value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The first row that holds no value of the type, and why; null when there is none. Tombstones' rows may hold anything. */
export function wrongValue(column: Column, tombstones: Uint8Array | null): string | null {
  const read = valueReader(column)
  for (let row = 0; row < column.length; row++) {
    if (tombstones !== null && bitAt(tombstones, row)) continue
    const wrong = wrongText(column, row) ?? wrongRow(column, read, row)
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

function wrongText({ type, values, offsets }: Column, row: number): string | null {
  if (offsets === null || (type.kind === 'optional' ? type.of : type).kind === 'bytes') return null
  try {
    utf8.decode((values as Uint8Array).subarray(offsets[row], offsets[row + 1]))
    return null
  } catch {
    return 'expected UTF-8, found other bytes'
  }
}
