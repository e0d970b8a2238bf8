/**
 * The state digest (L8): equal contents give an equal digest, whatever layers, files, blocks and workers they came from.
 *
 * Per state and key group a hash over the folded entries' columns (canonical-columns.ts); over all of these, sorted, and
 * over positions, watermarks and clocks, the root. A group without entries, a partition that nothing was read of and a
 * clock that has not begun add nothing.
 */
import { createHash } from 'node:crypto'
import { internal } from '../errors.ts'
import { entryKeyType, entryType } from '../state/state.ts'
import { damageOf } from './damaged-rows.ts'
import { canonicalJson, type Json } from './canonical-json.ts'
import { keyStreams, valueStreams, type ColumnStreams } from './canonical-columns.ts'
import type { ManifestDraft, ManifestSource } from './manifest.ts'
import { readPinned } from './pinned.ts'
import { scanState, type ScanOptions } from './scan.ts'
import type { EntryRows, Savepoint, StateTable } from './savepoint.ts'

/** The hashes of one state's key groups. */
export interface TableDigest {
  readonly table: StateTable
  /** Ascending by group; only groups with entries. */
  readonly groups: readonly { readonly group: number; readonly hash: string }[]
}

/** Takes one state's folded entries in order, and hashes them group by group. */
export interface StateHasher {
  /** The next entries; where groups are cut into pieces does not matter. */
  add(rows: EntryRows): void
  finish(): TableDigest
}

/** What the root covers beside the entries. */
export type DigestedProgress = Pick<ManifestDraft, 'keyGroups' | 'timeUnit' | 'sources' | 'clocks'>

/** A hasher for one state. Errors: `internal`, code `bad-rows`, for rows out of order or not folded. */
export function stateHasher(table: StateTable): StateHasher {
  return new TableHasher(table)
}

/** The digest over everything. Pieces of one state (from several workers) are given as several tables. */
export function rootDigest(tables: readonly TableDigest[], progress: DigestedProgress): string {
  const entries = tables.flatMap(({ table, groups }) =>
    groups.map(({ group, hash }) => entryOf(table, group, hash)),
  )
  const root: Json = {
    format: 'headwater state digest 1',
    keyGroups: progress.keyGroups,
    timeUnit: progress.timeUnit,
    entries: entries.sort(byTable),
    sources: progress.sources.map(progressOf).filter(isBegun).sort(byName),
    clocks: progress.clocks
      .flatMap(({ stage, clock }) => (clock === null ? [] : [[stage, clock] as const]))
      .sort(byName),
  }
  return createHash('sha256').update(canonicalJson(root)).digest('hex')
}

/** The digest of a savepoint or checkpoint, by reading all of it. Errors: those of `pin` and `scanState`. */
export async function stateDigest(savepoint: string | Savepoint): Promise<string> {
  return readPinned(savepoint, async opened => rootDigest(await tableDigests(opened), opened.manifest))
}

/** The hashes of all states, by reading all of them. Errors: those of `scanState`. */
export async function tableDigests(
  opened: Savepoint,
  options: Pick<ScanOptions, 'onRead'> = {},
): Promise<readonly TableDigest[]> {
  const tables: TableDigest[] = []
  for (const { uid, key, states } of opened.manifest.operators) {
    for (const state of states) {
      const hasher = stateHasher({ uid, state, key })
      try {
        for await (const rows of scanState(opened, uid, state.name, options)) hasher.add(rows)
      } catch (error) {
        throw damageOf(error)
      }
      tables.push(hasher.finish())
    }
  }
  return tables
}

class TableHasher implements StateHasher {
  readonly #table: StateTable
  readonly #groups: { group: number; hash: string }[] = []
  #open: GroupHash | null = null

  constructor(table: StateTable) {
    this.#table = table
  }

  add(rows: EntryRows): void {
    if (rows.deleted !== null) throw badRows(this.#table, 'folded entries', 'tombstones')
    for (let start = 0; start < rows.length;) {
      const group = rows.keyGroups[start]!
      let end = start + 1
      while (end < rows.length && rows.keyGroups[end] === group) end++
      this.#groupFor(group).add(rows, start, end)
      start = end
    }
  }

  finish(): TableDigest {
    this.#close()
    return { table: this.#table, groups: this.#groups }
  }

  #groupFor(group: number): GroupHash {
    if (this.#open?.group === group) return this.#open
    this.#close()
    const last = this.#groups.at(-1)?.group ?? -1
    if (group <= last) throw badRows(this.#table, `a key group above ${last}`, String(group))
    return (this.#open = new GroupHash(this.#table, group))
  }

  #close(): void {
    if (this.#open) this.#groups.push({ group: this.#open.group, hash: this.#open.digest() })
    this.#open = null
  }
}

/** sha-256 over the number of rows (8 bytes) and the hashes of the streams: key fields, index of lists, entries' keys of maps, value. */
class GroupHash {
  readonly group: number
  readonly #keys: readonly ColumnStreams[]
  readonly #index = createHash('sha256')
  readonly #isList: boolean
  readonly #mapKey: ColumnStreams | null
  readonly #value: ColumnStreams
  #rows = 0

  constructor({ key, state }: StateTable, group: number) {
    this.group = group
    this.#keys = key.fields.map(field => keyStreams(field.type))
    this.#isList = state.kind === 'list'
    const entryKey = entryKeyType(state)
    this.#mapKey = entryKey && keyStreams(entryKey)
    this.#value = valueStreams(entryType(state))
  }

  add(rows: EntryRows, start: number, end: number): void {
    for (const [i, column] of rows.keys.entries()) this.#keys[i]!.add(column, start, end)
    if (this.#isList) this.#index.update(rows.index!.subarray(start, end))
    this.#mapKey?.add(rows.mapKey!, start, end)
    this.#value.add(rows.value, start, end)
    this.#rows += end - start
  }

  digest(): string {
    const count = Buffer.alloc(8)
    count.writeBigUInt64LE(BigInt(this.#rows))
    const hash = createHash('sha256').update(count)
    for (const key of this.#keys) hash.update(key.digest())
    if (this.#isList) hash.update(this.#index.digest())
    if (this.#mapKey) hash.update(this.#mapKey.digest())
    return hash.update(this.#value.digest()).digest('hex')
  }
}

type EntryHash = readonly [uid: string, state: string, kind: string, type: Json, group: number, hash: string]

function entryOf({ uid, state }: StateTable, group: number, hash: string): EntryHash {
  return [uid, state.name, state.kind, state.type as unknown as Json, group, hash]
}

function byTable(a: EntryHash, b: EntryHash): number {
  return compareText(a[0], b[0]) || compareText(a[1], b[1]) || a[4] - b[4]
}

type SourceProgress = readonly [name: string, runningMax: number | null, partitions: readonly Json[]]

function progressOf({ name, runningMax, partitions }: ManifestSource): SourceProgress {
  const begun = partitions.filter(({ next, runningMax: time }) => (next ?? 0) > 0 || time !== null)
  return [name, runningMax, begun.map(({ partition, next, runningMax: time }) => [partition, next, time])]
}

function isBegun([, runningMax, partitions]: SourceProgress): boolean {
  return runningMax !== null || partitions.length > 0
}

function byName(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return compareText(a[0], b[0])
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function badRows(table: StateTable, expected: string, found: string): Error {
  return internal({ code: 'bad-rows', thing: `digest of ${table.uid}/${table.state.name}`, expected, found })
}
