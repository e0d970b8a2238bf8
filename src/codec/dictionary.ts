/** Dictionary encoding undone: each row's word in its place. */
import type { Column } from '../record/column.ts'
import { bitAt, bitmapBytes, setBit } from './bitmap.ts'
import { columnBuilder } from './column-builder.ts'
import { concat, gather } from './gather.ts'

/** The rows to make: their type, how many, and which have an index at all. */
export type DictionaryRows = Pick<Column, 'type' | 'length' | 'validity'>

/** The column whose row i is word `indices[i]` of the chunks one after another; absent where row or word is absent. */
export function expandDictionary(
  chunks: readonly Column[],
  indices: Int32Array,
  rows: DictionaryRows,
): Column {
  const { type, length, validity } = rows
  if (chunks.length === 0) return allAbsent(rows)
  const picked = indices.slice(0, length)
  // The index of an absent row may be anything: word 0 stands in for it.
  if (validity) for (let row = 0; row < length; row++) if (!bitAt(validity, row)) picked[row] = 0
  const column = gather(concat(chunks), picked, 0, length)
  return { ...column, type, validity: bothPresent(column.validity, validity, length) }
}

function allAbsent({ type, length }: DictionaryRows): Column {
  const builder = columnBuilder(type, length)
  for (let row = 0; row < length; row++) builder.append(null)
  return builder.finish()
}

function bothPresent(a: Uint8Array | null, b: Uint8Array | null, length: number): Uint8Array | null {
  if (a === null || b === null) return a ?? b
  const out = new Uint8Array(bitmapBytes(length))
  for (let row = 0; row < length; row++) if (bitAt(a, row) && bitAt(b, row)) setBit(out, row)
  return out
}
