/** What a key has in a state, and how the rows found for many keys become that. */
import type { MapKey } from '../record/map-key.ts'
import type { Lookup } from './layer-lookup.ts'

/** A key's entry. An empty list or map is no entry. */
export type StoredEntry =
  | { readonly kind: 'absent' }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'list'; readonly elements: readonly unknown[] }
  /** In the order of the entries' keys. */
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<MapKey, unknown> }

/** The one entry that says that there is none. */
export const absentEntry: StoredEntry = { kind: 'absent' }

/** Collects the rows that were found for the requests of one fetch. */
export interface EntryCollector {
  /** Begins with a layer, the newest first. */
  layer(): Lookup['visitor']
  /** Of these requests, those that an older layer may still add to. */
  stillOpen(pending: readonly number[]): readonly number[]
  entries(): readonly StoredEntry[]
}
