/** Finds the rows of many keys in one layer: each block that may hold one is read once, neighbours by one read. */
import { runsOfBlocks, type BlockCache } from './block-cache.ts'
import { inParallel } from './bounded-io.ts'
import { blockFinder, rowFinder, type KeyRequests, type RowRange } from './key-requests.ts'
import type { EntryRows } from './savepoint.ts'
import type { SegmentFile } from './segment-file.ts'

/** Told of a request's rows [start, end) in a block. Of several blocks for one request any may come first. */
export type FoundRows = (request: number, start: number, end: number) => void

/** What to look for. */
export interface Lookup {
  readonly requests: KeyRequests
  /** Whether a key may have many rows (lists). */
  readonly manyRows: boolean
  /** Makes what is told, once a block. */
  readonly visitor: (rows: EntryRows, block: number) => FoundRows
}

/** Looks the pending requests up in all segments of a layer. Blocks are numbered in their segment. */
export async function lookUp(
  segments: readonly SegmentFile[],
  pending: readonly number[],
  lookup: Lookup,
  cache: BlockCache,
): Promise<void> {
  const { groups } = lookup.requests
  for (const segment of segments) {
    const [first, end] = segment.info.groups
    const inside = pending.filter(request => groups[request]! >= first && groups[request]! < end)
    if (inside.length > 0) await lookUpSegment(segment, inside, lookup, cache)
  }
}

async function lookUpSegment(
  segment: SegmentFile,
  pending: readonly number[],
  lookup: Lookup,
  cache: BlockCache,
): Promise<void> {
  const wanted = requestsByBlock(
    pending,
    blockFinder(lookup.requests, await segment.index(), lookup.manyRows),
  )
  const numbers = [...wanted.keys()].sort((a, b) => a - b)
  const kept = new Map(numbers.map(block => [block, cache.get(segment, block)]))
  const runs = runsOfBlocks(numbers, block => kept.get(block) !== undefined)
  await inParallel(runs, async ([first, end]) => {
    const known = kept.get(first)
    const blocks = await Promise.all(known ? [known] : cache.read(segment, first, end))
    for (const [i, rows] of blocks.entries()) visit(rows, first + i, wanted.get(first + i)!, lookup)
  })
}

function requestsByBlock(
  pending: readonly number[],
  find: (request: number) => RowRange,
): Map<number, number[]> {
  const wanted = new Map<number, number[]>()
  for (const request of pending) {
    const [first, end] = find(request)
    for (let block = first; block < end; block++) {
      const list = wanted.get(block)
      if (list) list.push(request)
      else wanted.set(block, [request])
    }
  }
  return wanted
}

function visit(
  rows: EntryRows,
  block: number,
  asking: readonly number[],
  { requests, visitor }: Lookup,
): void {
  const find = rowFinder(requests, rows)
  const found = visitor(rows, block)
  for (const request of asking) {
    const [start, end] = find(request)
    if (end > start) found(request, start, end)
  }
}
