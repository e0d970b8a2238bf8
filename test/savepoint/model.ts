/** A naive model of layered state, and its rows: what the files are held against. */
import { columnBuilder } from '../../src/codec/column-builder.ts'
import { keyReader } from '../../src/codec/key-columns.ts'
import { valueReader } from '../../src/codec/column-reader.ts'
import { keyCodec, type Key } from '../../src/record/key.ts'
import type { MapKey } from '../../src/record/map-key.ts'
import type { Layer, ManifestDraft, ManifestState } from '../../src/savepoint/manifest.ts'
import type { EntryRows, StateTable } from '../../src/savepoint/savepoint.ts'
import { openSegment, type SegmentOptions } from '../../src/savepoint/segment-writer.ts'
import type { WriteFolder } from '../../src/savepoint/write-folder.ts'
import { placeOf, type LayerPlace } from '../../src/savepoint/segment-columns.ts'
import { entryType } from '../../src/state/state.ts'

/** A row by hand: `index` null and `deleted` true for a tombstone. */
export interface Row {
  readonly key: Key
  readonly value: unknown
  readonly index?: number
  /** Maps: the entry's key; absent in a row that removes all older entries of the key. */
  readonly mapKey?: MapKey
  readonly deleted?: boolean
}

/** What a layer does to one entry of a map. */
export interface MapChange {
  readonly mapKey: MapKey
  readonly value: unknown
  readonly deleted?: boolean
}

/** What a layer does to a key: nothing is left of it, or these are its values (one, or elements from an index on). */
export interface Change {
  readonly key: Key
  /** Hides what older layers have. */
  readonly clear: boolean
  /** Of a value at most one. */
  readonly values: readonly unknown[]
  /** Lists: where the elements go. */
  readonly from?: number
  /** Maps, in place of values: entries, each key once. */
  readonly entries?: readonly MapChange[]
}

/** Rows as columns, sorted as segments are. */
export function entryRowsOf(
  table: StateTable,
  layer: LayerPlace,
  keyGroups: number,
  rows: readonly Row[],
): EntryRows {
  const codec = keyCodec(table.key)
  const sorted = [...rows].sort(
    (a, b) =>
      codec.group(a.key, keyGroups) - codec.group(b.key, keyGroups) ||
      codec.compare(a.key, b.key) ||
      (table.state.kind === 'map'
        ? compareMapKeys(a.mapKey, b.mapKey)
        : Number(b.deleted ?? false) - Number(a.deleted ?? false) || (a.index ?? 0) - (b.index ?? 0)),
  )
  const keys = table.key.fields.map((field, i) => {
    const builder = columnBuilder(field.type)
    for (const row of sorted) builder.append(codec.parts(row.key)[i])
    return builder.finish()
  })
  const values = columnBuilder(entryType(table.state))
  for (const row of sorted) values.append(row.deleted ? null : row.value)
  const { type } = table.state
  const isMap = table.state.kind === 'map' && type.kind === 'map'
  const mapKeys = isMap ? columnBuilder({ kind: 'optional', of: type.key }) : null
  for (const row of sorted) mapKeys?.append(row.mapKey ?? null)
  const deleted = new Uint8Array((sorted.length + 7) >> 3)
  sorted.forEach((row, i) => row.deleted && (deleted[i >> 3]! |= 1 << (i & 7)))
  return {
    length: sorted.length,
    keyGroups: Uint16Array.from(sorted, row => codec.group(row.key, keyGroups)),
    keys,
    index: table.state.kind === 'list' ? Int32Array.from(sorted, row => row.index ?? -1) : null,
    mapKey: isMap ? { ...mapKeys!.finish(), type: type.key } : null,
    deleted: layer === 'delta' ? deleted : null,
    value: values.finish(),
  }
}

/** The rows of a layer. */
export function rowsOfChanges(table: StateTable, changes: readonly Change[]): Row[] {
  return changes.flatMap(({ key, clear, values, from = 0, entries = [] }): Row[] => {
    if (table.state.kind === 'map') {
      const cleared = clear ? [{ key, value: null, deleted: true }] : []
      return [...cleared, ...entries.map(entry => ({ key, ...entry }))]
    }
    if (table.state.kind !== 'list') {
      return values.length > 0
        ? [{ key, value: values[0] }]
        : clear
          ? [{ key, value: null, deleted: true }]
          : []
    }
    const tombstone = clear ? [{ key, value: null, deleted: true }] : []
    return [...tombstone, ...values.map((value, i) => ({ key, value, index: from + i }))]
  })
}

interface NaiveEntry {
  readonly key: Key
  // Of a map each value is a pair.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  values: any[]
}

/** By UTF-8 bytes, or as numbers; what is absent comes first. */
function compareMapKeys(a: MapKey | undefined, b: MapKey | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a < b ? -1 : a > b ? 1 : 0
}

/** Layers folded the slow way, by the key's canonical bytes. */
export class NaiveState {
  readonly table: StateTable
  /** By the key's bytes. Of a map `values` are pairs of an entry's key and value, in the order of the keys. */
  readonly entries = new Map<string, NaiveEntry>()

  constructor(table: StateTable) {
    this.table = table
  }

  apply(changes: readonly Change[]): this {
    for (const { key, clear, values, from, entries = [] } of changes) {
      const name = this.#nameOf(key)
      const entry = this.entries.get(name) ?? { key, values: [] }
      if (this.table.state.kind === 'map') {
        const kept = clear ? [] : entry.values.filter(([mapKey]) => !entries.some(e => e.mapKey === mapKey))
        const put = entries.filter(({ deleted }) => deleted !== true).map(e => [e.mapKey, e.value])
        entry.values = [...kept, ...put].sort(([a], [b]) => compareMapKeys(a, b))
      } else if (this.table.state.kind === 'list') {
        if (clear) entry.values = []
        values.forEach((value, i) => (entry.values[(from ?? 0) + i] = value))
      } else if (values.length > 0) entry.values = [values[0]]
      else if (clear) entry.values = []
      this.entries.set(name, entry)
      if (entry.values.length === 0) this.entries.delete(name)
    }
    return this
  }

  get(key: Key): unknown[] {
    return this.entries.get(this.#nameOf(key))?.values ?? []
  }

  /** All entries in the order of segments: `[group, key, index or key of an entry or null, value]`. */
  sorted(keyGroups: number): unknown[][] {
    const codec = keyCodec(this.table.key)
    const all = [...this.entries.values()].sort(
      (a, b) => codec.group(a.key, keyGroups) - codec.group(b.key, keyGroups) || codec.compare(a.key, b.key),
    )
    const { kind } = this.table.state
    return all.flatMap(({ key, values }) =>
      values.map((value, i) => {
        const start = [codec.group(key, keyGroups), key]
        return kind === 'map'
          ? [...start, ...(value as unknown[])]
          : [...start, kind === 'list' ? i : null, value]
      }),
    )
  }

  #nameOf(key: Key): string {
    return Buffer.from(keyCodec(this.table.key).bytes(key)).toString('hex')
  }
}

/** Rows as `[group, key, index or key of an entry or null, value]`. */
export function plainRows(table: StateTable, rows: EntryRows): unknown[][] {
  const readKey = keyReader(keyCodec(table.key), rows.keys)
  const readValue = valueReader(rows.value)
  const readMapKey = rows.mapKey ? valueReader(rows.mapKey) : null
  return Array.from({ length: rows.length }, (_, row) => [
    rows.keyGroups[row],
    readKey(row),
    readMapKey === null ? rows.index && rows.index[row] : readMapKey(row),
    readValue(row),
  ])
}

/** Everything that an iteration gives. */
export async function collect(table: StateTable, pieces: AsyncIterable<EntryRows>): Promise<unknown[][]> {
  const rows: unknown[][] = []
  for await (const piece of pieces) rows.push(...plainRows(table, piece))
  return rows
}

/** Writes layers of one state; a layer without rows has no segment. */
export async function writeLayers(
  folder: WriteFolder,
  table: StateTable,
  keyGroups: number,
  layers: readonly (readonly Change[])[],
  options: SegmentOptions = {},
): Promise<ManifestState> {
  const written: Layer[] = []
  for (const [i, changes] of layers.entries()) {
    const rows = rowsOfChanges(table, changes).filter(row => i > 0 || !row.deleted)
    const writer = openSegment(folder, table, placeOf(i), options)
    writer.append(entryRowsOf(table, placeOf(i), keyGroups, rows))
    written.push({ segments: rows.length === 0 ? [] : [await writer.finish()] })
  }
  return { ...table.state, layers: written }
}

/** The members of a draft that speak of one table. */
export function draftOf(table: StateTable, state: ManifestState, keyGroups: number): Partial<ManifestDraft> {
  const operators = [{ uid: table.uid, key: table.key, states: [state] }]
  return { keyGroups, operators, stateDigest: null, counts: { sources: [], operators: [] } }
}
