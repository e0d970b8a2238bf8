/** A column that has one value in every row: what folders carry. */
import { columnBuilder } from '../../codec/column-builder.ts'
import { slice } from '../../codec/gather.ts'
import type { Column } from '../../record/column.ts'
import type { TypeSpec } from '../../record/type.ts'

/** Makes columns of any length with that value; they share their buffers. */
export function constantColumns(value: unknown, type: TypeSpec): (length: number) => Column {
  let longest: Column | null = null
  return length => {
    if (longest === null || longest.length < length) longest = built(value, type, length)
    return longest.length === length ? longest : slice(longest, 0, length)
  }
}

function built(value: unknown, type: TypeSpec, length: number): Column {
  const builder = columnBuilder(type, length)
  for (let i = 0; i < length; i++) builder.append(value)
  return builder.finish()
}
