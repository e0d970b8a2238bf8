/**
 * All entries of a state in order, folded over its layers: a merge of sorted layers by key group and key. What is in
 * memory is a piece of each layer and, of a list, the elements of one key.
 *
 * Layer rules: of a value the newest row counts, a tombstone removes it. Of a list a layer's tombstone hides all
 * elements of older layers; the layer's own elements stand at their index, over an older one if there is one.
 */
import { entryKeyType } from '../state/state.ts'
import { mergedDeltas } from './delta-merge.ts'
import { findState, segmentFiles, type StoredState } from './find-state.ts'
import { layerBlocks, type GroupRange } from './layer-blocks.ts'
import { LayerCursor } from './layer-cursor.ts'
import { LayerHeap } from './layer-heap.ts'
import { mergedLists } from './list-merge.ts'
import { mergedMaps } from './map-merge.ts'
import type { EntryRows, Savepoint, StateTable } from './savepoint.ts'
import { mergedValues } from './value-merge.ts'

/** What to scan. */
export interface ScanOptions {
  /** Only these key groups: first, and end (exclusive). Default: all. */
  readonly groups?: GroupRange
  /** Told how many rows more were read, for those who show progress. Layers hold more rows than what they fold to. */
  readonly onRead?: ((rows: number) => void) | undefined
}

/**
 * The folded entries in pieces of some thousand rows, without tombstones. Errors: `invalid`, code `unknown-state`;
 * `data`, codes `missing-segment`, `corrupt-segment`, `corrupt-index`, `list-gap`; `unavailable`.
 */
export function scanState(
  savepoint: Savepoint,
  uid: string,
  state: string,
  options: ScanOptions = {},
): AsyncGenerator<EntryRows> {
  const groups = options.groups ?? [0, savepoint.manifest.keyGroups]
  return told(scanLayers(savepoint.folder, findState(savepoint, uid, state), groups), options.onRead)
}

/** The pieces, of which their rows are told. */
export function told(
  pieces: AsyncGenerator<EntryRows>,
  onRead: ScanOptions['onRead'],
): AsyncGenerator<EntryRows> {
  return onRead === undefined ? pieces : toldPieces(pieces, onRead)
}

async function* toldPieces(
  pieces: AsyncGenerator<EntryRows>,
  onRead: (rows: number) => void,
): AsyncGenerator<EntryRows> {
  for await (const rows of pieces) {
    onRead(rows.length)
    yield rows
  }
}

/** The same for a state that was found. */
export async function* scanLayers(
  folder: string,
  state: StoredState,
  groups: GroupRange,
): AsyncGenerator<EntryRows> {
  const { layers, table } = state
  const used = [...layers.keys()].filter(layer => layers[layer]!.segments.length > 0)
  if (used.length === 1 && used[0] === 0) {
    yield* layerBlocks(segmentFiles(folder, state, 0), groups)
    return
  }
  yield* foldedPieces(
    table,
    used.map(layer => layerBlocks(segmentFiles(folder, state, layer), groups)),
  )
}

/** Folds layers that are given as pieces, the oldest first. */
export async function* foldedPieces(
  table: StateTable,
  layers: readonly AsyncIterator<EntryRows>[],
): AsyncGenerator<EntryRows> {
  const cursors = layers.map((pieces, layer) => new LayerCursor(layer, pieces))
  try {
    const heap = await LayerHeap.of(cursors)
    const entryKey = entryKeyType(table.state)
    if (entryKey !== null) yield* mergedMaps(heap, entryKey, false)
    else yield* table.state.kind === 'list' ? mergedLists(heap, table.state.name) : mergedValues(heap)
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}

/**
 * The layers from a number on as one layer, which may stand in their place: with tombstones, unless the number is 0.
 * Errors: those of `scanState`.
 */
export async function* scanUpper(
  folder: string,
  state: StoredState,
  from: number,
  groups: GroupRange,
): AsyncGenerator<EntryRows> {
  if (from === 0) {
    yield* scanLayers(folder, state, groups)
    return
  }
  const upper = [...state.layers.keys()].slice(from).filter(layer => state.layers[layer]!.segments.length > 0)
  const cursors = upper.map(
    layer => new LayerCursor(layer, layerBlocks(segmentFiles(folder, state, layer), groups)),
  )
  try {
    const heap = await LayerHeap.of(cursors)
    const entryKey = entryKeyType(state.table.state)
    if (entryKey !== null) yield* mergedMaps(heap, entryKey, true)
    else yield* mergedDeltas(heap, state.table.state.kind === 'list')
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}
