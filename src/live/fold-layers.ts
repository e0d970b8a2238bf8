/** Brings the layers of a state together: one base segment that holds what they hold. */
import type { StateHasher } from '../savepoint/digest.ts'
import type { Layer } from '../savepoint/manifest.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { scanLayers } from '../savepoint/scan.ts'
import type { SegmentWriter } from '../savepoint/segment-writer.ts'
import type { WriteFolder } from '../savepoint/write-folder.ts'

/** What to fold. */
export interface FoldRequest {
  readonly folder: WriteFolder
  readonly table: StateTable
  readonly layers: readonly Layer[]
  /** G. */
  readonly keyGroups: number
  /** Takes the folded entries on the way; null when nobody wants them. */
  readonly hasher: StateHasher | null
  /** Asked between pieces; when it answers true, what was written is removed and the answer is null. */
  readonly isStopped?: () => boolean
}

/** The layers that stand for the given ones: the same when there is but a base, none when nothing is left. Null when stopped. */
export async function foldLayers(request: FoldRequest): Promise<readonly Layer[] | null> {
  const { folder, table, layers, keyGroups, hasher } = request
  const scan = scanLayers(folder.path, { table, layers }, [0, keyGroups])
  if (layers.length <= 1) {
    if (hasher !== null) for await (const rows of scan) hasher.add(rows)
    return layers
  }
  const { openSegment } = await import('../savepoint/segment-writer.ts') // as in live-state.ts
  const writer = openSegment(folder, table, 'base')
  try {
    const whole = await copy(scan, writer, request)
    const segments = whole && writer.rows > 0 ? [await writer.finish()] : []
    if (segments.length > 0) return [{ segments }]
    writer.abandon()
    return whole ? [] : null
  } catch (error) {
    writer.abandon()
    throw error
  }
}

/** False when it was stopped before the end. */
async function copy(
  scan: AsyncIterable<EntryRows>,
  writer: SegmentWriter,
  request: FoldRequest,
): Promise<boolean> {
  for await (const rows of scan) {
    if (request.isStopped?.() === true) return false
    request.hasher?.add(rows)
    writer.append(rows)
  }
  return true
}
