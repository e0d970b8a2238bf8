/** All entries of one layer in order, block by block: large reads, one of them ahead. */
import type { SegmentFile } from './segment-file.ts'
import { sliceRows } from './entry-rows.ts'
import type { EntryRows } from './savepoint.ts'

/** A range of key groups: first, and end (exclusive). */
export type GroupRange = readonly [first: number, end: number]

/** Blocks that are read at once are at most so many … */
const runBlocks = 256
/** … and have at most so many bytes, unless a single one has more. */
const runBytes = 1024 * 1024

/** Reads the layer's entries of those key groups. Segments are closed when it ends. */
export async function* layerBlocks(
  segments: readonly SegmentFile[],
  groups: GroupRange,
): AsyncGenerator<EntryRows> {
  for (const segment of segments) {
    try {
      yield* segmentBlocks(segment, groups)
    } finally {
      await segment.close()
    }
  }
}

async function* segmentBlocks(segment: SegmentFile, groups: GroupRange): AsyncGenerator<EntryRows> {
  const runs = await runsOf(segment, groups)
  let ahead = readAhead(segment, runs[0])
  for (let i = 0; i < runs.length; i++) {
    const blocks = await ahead
    ahead = readAhead(segment, runs[i + 1])
    for (const block of blocks) {
      const rows = rowsOfGroups(block, groups)
      if (rows.length > 0) yield rows
    }
  }
}

type Run = readonly [first: number, end: number]

/** A failure is kept until it is asked for. */
function readAhead(segment: SegmentFile, run: Run | undefined): Promise<EntryRows[]> {
  const blocks = run === undefined ? Promise.resolve([]) : segment.blocks(...run)
  blocks.catch(() => undefined)
  return blocks
}

/** The blocks that may hold rows of the groups, as runs of neighbours. */
async function runsOf(segment: SegmentFile, [firstGroup, endGroup]: GroupRange): Promise<readonly Run[]> {
  const [first, end] = segment.info.groups
  if (end <= firstGroup || first >= endGroup) return []
  const { blocks, firstGroups } = await segment.index()
  const last = blocks.findLastIndex((_, i) => firstGroups[i]! < endGroup)
  const from = Math.max(
    0,
    blocks.findLastIndex((_, i) => firstGroups[i]! < firstGroup),
  )
  const runs: Run[] = []
  for (let start = from; start <= last;) {
    let bytes = 0
    let stop = start
    while (stop <= last && stop - start < runBlocks) {
      bytes += blocks[stop]!.metadataBytes + blocks[stop]!.bodyBytes
      if (bytes > runBytes && stop > start) break
      stop++
    }
    runs.push([start, stop])
    start = stop
  }
  return runs
}

/** The rows of the block that are of those groups. */
function rowsOfGroups(rows: EntryRows, [first, end]: GroupRange): EntryRows {
  const { keyGroups, length } = rows
  if (keyGroups[0]! >= first && keyGroups[length - 1]! < end) return rows
  const from = keyGroups.findIndex(group => group >= first)
  const to = keyGroups.findIndex(group => group >= end)
  return from < 0 ? sliceRows(rows, 0, 0) : sliceRows(rows, from, to < 0 ? length : to)
}
