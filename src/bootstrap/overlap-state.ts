/** Writes the ids of overlaps as the state of an operator of their own, so that they can be listed and checked like any state (L6). */
import { columnBuilder } from '../codec/column-builder.ts'
import { keyOrder } from '../codec/key-order.ts'
import type { JobGraph } from '../job/graph.ts'
import { timeUnitOf } from '../job/time-unit.ts'
import { keyCodec, type KeyCodec, type KeyPart, type KeySchema } from '../record/key.ts'
import { stateHasher, type TableDigest } from '../savepoint/digest.ts'
import { overlapKey, overlapOperator, overlapState } from '../savepoint/handoff-facts.ts'
import type { ManifestOperator, OperatorCounts } from '../savepoint/manifest.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { openSegment } from '../savepoint/segment-writer.ts'
import type { WriteFolder } from '../savepoint/write-folder.ts'
import type { SourceScan } from './source-scan.ts'

/** What was written of one source. */
export interface WrittenOverlap {
  readonly operator: ManifestOperator
  readonly digest: TableDigest
  readonly counts: OperatorCounts
}

/** One for each source that keeps ids. Errors: `unavailable`. */
export async function writeOverlaps(
  graph: JobGraph,
  scans: readonly SourceScan[],
  folder: WriteFolder,
): Promise<readonly WrittenOverlap[]> {
  const written: WrittenOverlap[] = []
  for (const scan of scans) {
    if (scan.overlapIds === null) continue
    const table = tableOf(graph, scan)
    written.push(await write(table, graph.keyGroups, scan.overlapIds.entries(), folder))
  }
  return written
}

function tableOf(graph: JobGraph, { source }: SourceScan): StateTable {
  const type = (
    source.schema[source.recordId as string] as { readonly spec: KeySchema['fields'][number]['type'] }
  ).spec
  return {
    uid: overlapOperator(source.name),
    key: { fields: [{ name: overlapKey, type }] },
    state: { name: overlapState, kind: 'value', type: { kind: 'timestamp', unit: timeUnitOf(graph) } },
  }
}

async function write(
  table: StateTable,
  keyGroups: number,
  ids: ReadonlyMap<KeyPart, number>,
  folder: WriteFolder,
): Promise<WrittenOverlap> {
  const { uid, key, state } = table
  const hasher = stateHasher(table)
  const codec = keyCodec(key)
  const writer = ids.size === 0 ? null : openSegment(folder, table, 'base')
  try {
    for (const [group, keys] of byGroup(ids, codec, keyGroups)) {
      const rows = groupRows(table, group, keys, ids, codec)
      hasher.add(rows)
      writer?.append(rows)
    }
    const layers = writer === null ? [] : [{ segments: [await writer.finish()] }]
    return {
      operator: { uid, key, states: [{ ...state, layers }] },
      digest: hasher.finish(),
      counts: { uid, keys: ids.size },
    }
  } catch (error) {
    writer?.abandon()
    throw error
  }
}

/** Ascending. */
function byGroup(
  ids: ReadonlyMap<KeyPart, number>,
  codec: KeyCodec,
  keyGroups: number,
): readonly (readonly [group: number, ids: readonly KeyPart[]])[] {
  const groups = new Map<number, KeyPart[]>()
  for (const id of ids.keys()) {
    const group = codec.group(id, keyGroups)
    const own = groups.get(group)
    if (own === undefined) groups.set(group, [id])
    else own.push(id)
  }
  return [...groups].sort(([a], [b]) => a - b)
}

function groupRows(
  { key, state }: StateTable,
  group: number,
  ids: readonly KeyPart[],
  times: ReadonlyMap<KeyPart, number>,
  codec: KeyCodec,
): EntryRows {
  const keys = columnBuilder(key.fields[0]!.type, ids.length)
  const values = columnBuilder(state.type, ids.length)
  for (const i of keyOrder(codec, ids)) {
    const id = ids[i] as KeyPart
    keys.append(id)
    values.append(times.get(id))
  }
  const keyGroups = new Uint16Array(ids.length).fill(group)
  return {
    length: ids.length,
    keyGroups,
    keys: [keys.finish()],
    index: null,
    deleted: null,
    value: values.finish(),
  }
}
