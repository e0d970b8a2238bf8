/**
 * Brings layers of a state together. All of them become one base, which is how a savepoint becomes self-contained; the
 * upper ones alone become one layer that stands above the rest as they did.
 */
import { damageOf } from './damaged-rows.ts'
import type { StateHasher } from './digest.ts'
import type { Layer } from './manifest.ts'
import type { EntryRows, StateTable } from './savepoint.ts'
import { scanLayers, scanUpper } from './scan.ts'
import type { SegmentOptions, SegmentWriter } from './segment-writer.ts'
import type { WriteFolder } from './write-folder.ts'

/** What to fold. */
export interface FoldRequest {
  readonly folder: WriteFolder
  /** Where the layers are read from. Default: `folder`. */
  readonly source?: string
  readonly table: StateTable
  /** Base first. */
  readonly layers: readonly Layer[]
  /** Folds the layers from this number on; those below stay. Default 0: all, into a base. */
  readonly from?: number
  /** G. */
  readonly keyGroups: number
  /** Takes the folded entries on the way, where all layers are folded. */
  readonly hasher?: StateHasher
  /** Asked between pieces; when it answers true, what was written is removed and the answer is null. */
  readonly isStopped?: () => boolean
  readonly segment?: SegmentOptions
}

/**
 * The layers that stand for the given ones: the same when there is but a base, none when nothing is left. Null when
 * stopped. Errors: those of `scanState`; `unavailable`.
 */
export async function foldLayers(request: FoldRequest): Promise<readonly Layer[] | null> {
  const { folder, source = folder.path, table, layers, from = 0, keyGroups, hasher } = request
  if (layers.length <= 1 && source === folder.path) {
    if (hasher) await hashLayers(request, source, hasher)
    return layers
  }
  const { openSegment } = await import('./segment-writer.ts') // with apache-arrow, which a start can't wait for
  const writer = openSegment(folder, table, from === 0 ? 'base' : 'delta', request.segment)
  try {
    const whole = await copy(scanUpper(source, { table, layers }, from, [0, keyGroups]), writer, request)
    const segments = whole && writer.rows > 0 ? [await writer.finish()] : []
    if (segments.length === 0) writer.abandon()
    if (!whole) return null
    return [...layers.slice(0, from), ...(segments.length > 0 ? [{ segments }] : [])]
  } catch (error) {
    writer.abandon()
    throw damageOf(error)
  }
}

async function hashLayers(
  { table, layers, keyGroups }: FoldRequest,
  source: string,
  hasher: StateHasher,
): Promise<void> {
  try {
    for await (const rows of scanLayers(source, { table, layers }, [0, keyGroups])) hasher.add(rows)
  } catch (error) {
    throw damageOf(error)
  }
}

/** False when it was stopped before the end. */
async function copy(
  scan: AsyncIterable<EntryRows>,
  writer: SegmentWriter,
  { hasher, isStopped }: FoldRequest,
): Promise<boolean> {
  for await (const rows of scan) {
    if (isStopped?.() === true) return false
    hasher?.add(rows)
    writer.append(rows)
  }
  return true
}
