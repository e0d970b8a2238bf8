/** Keys that are looked for, as columns: compared with blocks by their buffers, so no stored key is ever decoded. */
import { columnBuilder } from '../codec/column-builder.ts'
import type { Column } from '../record/column.ts'
import { keyCodec, type Key, type KeySchema } from '../record/key.ts'
import type { BlockIndex } from './block-index.ts'
import { keyCompare, type RowCompare } from './row-order.ts'
import type { EntryRows } from './savepoint.ts'

/** A key with its key group. */
export interface KeyRequest {
  readonly group: number
  readonly key: Key
}

/** The keys of one fetch; each is spoken of by its number. */
export interface KeyRequests {
  readonly length: number
  readonly groups: Int32Array
  readonly keys: readonly Column[]
}

/** Rows of a block: first, and end (exclusive). */
export type RowRange = readonly [start: number, end: number]

/** The requests as columns. */
export function keyRequests(schema: KeySchema, requests: readonly KeyRequest[]): KeyRequests {
  const codec = keyCodec(schema)
  const builders = schema.fields.map(field => columnBuilder(field.type, requests.length))
  const groups = new Int32Array(requests.length)
  for (const [i, { group, key }] of requests.entries()) {
    groups[i] = group
    for (const [f, part] of codec.parts(key).entries()) builders[f]!.append(part)
  }
  return { length: requests.length, groups, keys: builders.map(builder => builder.finish()) }
}

/** Finds the blocks that may hold a request's key: first, and end (exclusive); empty when none does. */
export function blockFinder(
  requests: KeyRequests,
  index: BlockIndex,
  manyRows: boolean,
): (request: number) => RowRange {
  const order = orderOf(requests, index.firstGroups, keyCompare(requests.keys, index.firstKeys))
  const { length } = index.blocks
  return request => {
    const end = firstRow(length, block => order(request, block) < 0)
    if (!manyRows || end === 0) return [Math.max(0, end - 1), end]
    return [Math.max(0, firstRow(end, block => order(request, block) <= 0) - 1), end]
  }
}

/** Finds a request's rows in a block; empty when there are none. */
export function rowFinder(requests: KeyRequests, rows: EntryRows): (request: number) => RowRange {
  const order = orderOf(requests, rows.keyGroups, keyCompare(requests.keys, rows.keys))
  const { length } = rows
  return request => {
    const start = firstRow(length, row => order(request, row) <= 0)
    let end = start
    while (end < length && order(request, end) === 0) end++
    return [start, end]
  }
}

function orderOf(requests: KeyRequests, groups: Int32Array | Uint16Array, compare: RowCompare): RowCompare {
  return (request, row) => requests.groups[request]! - groups[row]! || compare(request, row)
}

/** The first of `length` rows for which the test holds; it holds for all after it too. `length` when there is none. */
function firstRow(length: number, holds: (row: number) => boolean): number {
  let least = 0
  let most = length
  while (least < most) {
    const middle = (least + most) >>> 1
    if (holds(middle)) most = middle
    else least = middle + 1
  }
  return least
}
