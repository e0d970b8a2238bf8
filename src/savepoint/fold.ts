/** Folds a state's layers into new base segments, hashing them on the way: how a savepoint becomes self-contained. */
import { stateHasher, type TableDigest } from './digest.ts'
import { findState } from './find-state.ts'
import type { SegmentInfo } from './manifest.ts'
import { scanState } from './scan.ts'
import type { Savepoint } from './savepoint.ts'
import { openSegment, type SegmentOptions, type SegmentWriter } from './segment-writer.ts'
import type { WriteFolder } from './write-folder.ts'

/** A state as one base layer. */
export interface FoldedState {
  /** None when the state has no entries. */
  readonly segments: readonly SegmentInfo[]
  readonly digest: TableDigest
}

/** Writes the folded entries as base segments into `folder`. Errors: those of `scanState`; `unavailable`. */
export async function foldState(
  savepoint: Savepoint,
  uid: string,
  state: string,
  folder: WriteFolder,
  options: SegmentOptions = {},
): Promise<FoldedState> {
  const { table } = findState(savepoint, uid, state)
  const hasher = stateHasher(table)
  let writer: SegmentWriter | null = null
  try {
    for await (const rows of scanState(savepoint, uid, state)) {
      hasher.add(rows)
      writer ??= openSegment(folder, table, 'base', options)
      writer.append(rows)
    }
    const segments = writer === null ? [] : [await writer.finish()]
    return { segments, digest: hasher.finish() }
  } catch (error) {
    writer?.abandon()
    throw error
  }
}
