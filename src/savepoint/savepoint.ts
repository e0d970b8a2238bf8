/**
 * The savepoint folder: state, watermarks and positions of one instant as files that can be listed, read, checked and
 * rewritten without any user code (L6). It is the store too: a live job reads from it and writes new layers beside it.
 *
 * Who owns what:
 *   manifest.ts         what a manifest says · manifest-file.ts its text, its digest, its checks
 *   attempt-folder.ts   a savepoint before its commit · checkpoint-store.ts a chain of them · commit.ts the commit (L4)
 *   segment-writer.ts   entries → blocks on disk · segment-file.ts blocks on disk → entries
 *   state-reader.ts     the entries of some keys · scan.ts all entries, folded over the layers
 *   digest.ts           the state digest (L8) · verify.ts everything checked again
 * FORMAT.md describes the files for whoever writes another reader.
 */
import type { Column } from '../record/column.ts'
import type { KeySchema } from '../record/key.ts'
import type { StateSchema } from '../state/state.ts'
import type { Manifest } from './manifest.ts'

/** A savepoint or a checkpoint whose manifest was read and found whole. */
export interface Savepoint {
  /** The folder that holds `segments/`. */
  readonly folder: string
  readonly manifestPath: string
  readonly manifest: Manifest
  /**
   * Where it is the union of the chains of several tasks: the newest manifest of each chain that has one. The manifest then is
   * computed of these and of the one at `manifestPath`, which began the generation.
   */
  readonly heads?: readonly Savepoint[]
}

/** One state of one operator: what a segment is about. */
export interface StateTable {
  readonly uid: string
  readonly state: StateSchema
  readonly key: KeySchema
}

/**
 * Entries of one state as columns, sorted by key group, key, (tombstone first), index. A row is one value, or one
 * element of a list, or one
 * entry of a map.
 */
export interface EntryRows {
  readonly length: number
  readonly keyGroups: Uint16Array
  /** One column a key field, none with nulls. */
  readonly keys: readonly Column[]
  /** Lists only: the element's place, from 0; of no meaning in a tombstone's row. */
  readonly index: Int32Array | null
  /** Maps only: the entry's key; absent in a row that removes all older entries of the key. */
  readonly mapKey?: Column | null
  /** Layers above the base only, a bit a row: 1 removes the value, all older elements of the key, or an entry. */
  readonly deleted: Uint8Array | null
  /** Of the state's type; of no meaning in a tombstone's row. */
  readonly value: Column
}
