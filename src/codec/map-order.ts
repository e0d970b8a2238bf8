/** Whether the entries of maps stand in the order of their keys, each once: what everybody who reads a map column counts on. */
import { HeadwaterError } from '../errors.ts'
import type { Column } from '../record/column.ts'
import { compareMapKeys, type MapKey } from '../record/map-key.ts'
import { required } from '../record/type.ts'
import { valueReader } from './column-reader.ts'

/** Whether the keys are readable and ascend within each range of the offsets. */
export function hasAscendingKeys(keys: Column, offsets: Int32Array): boolean {
  try {
    return isAscending(keys, offsets)
  } catch (error) {
    if (error instanceof HeadwaterError) return false // a number that its type can't hold
    throw error
  }
}

function isAscending(keys: Column, offsets: Int32Array): boolean {
  const read = valueReader(keys) as (row: number) => MapKey
  const compare = compareMapKeys(required(keys.type))
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let entry = offsets[row]! + 1; entry < offsets[row + 1]!; entry++)
      if (compare(read(entry - 1), read(entry)) >= 0) return false
  }
  return true
}
