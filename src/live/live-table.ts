/**
 * The keys of one stage that are in memory, and what is known of where the others are. A run opens a savepoint by its
 * manifest alone: a key's entries are read when a record of it comes, all missing keys of a batch together, so that
 * operators stay synchronous.
 *
 * I1. Before a batch is applied every key of it is resident, with the entries that are stored of it.
 * I2. A key leaves only while nothing of it differs from what is stored.
 */
import { badData, type HeadwaterError } from '../errors.ts'
import type { Key, KeyCodec, KeyPart } from '../record/key.ts'
import { keyGroupOf, type KeyGroup } from '../record/key-group.ts'
import { murmur3 } from '../record/murmur3.ts'
import type { KeyRequest } from '../savepoint/key-requests.ts'
import type { StoredEntry } from '../savepoint/stored-entry.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateColumn } from '../state/state-column.ts'
import type { AnyOperator } from '../operator/operator.ts'
import { KeySlots } from './key-slots.ts'
import type { RowBuffer } from './row-buffer.ts'

/** What is stored of one state. */
export interface StoredEntries {
  /** The entries of the keys, in their order. */
  fetch(keys: readonly KeyRequest[]): Promise<readonly StoredEntry[]>
}

/** Finds what is stored of a state; null when nothing is. */
export type FindStored = (uid: string, state: string) => StoredEntries | null

/** No partition was seen yet. */
const unknownPartition = -1

/** What each record touches of its key, by slot, side by side: the batch that used it last, the partition that it came from. */
const useFields = 2

/** The resident keys of a stage. */
export class LiveTable {
  readonly table: KeyTable
  readonly codec: KeyCodec
  readonly keyGroups: number
  readonly #stored: FindStored
  readonly #slots = new KeySlots()
  readonly #keys: Key[] = []
  readonly #groups: KeyGroup[] = []
  #uses = new Float64Array(1024 * useFields)
  /** Whether each key must stay in one partition of its source. */
  #onePartition: boolean
  readonly #free: number[] = []
  readonly #isFree: boolean[] = []
  #batch = 0
  #missing: number[] = []

  constructor(
    operators: readonly AnyOperator[],
    codec: KeyCodec,
    settings: { readonly keyGroups: number; readonly onePartition: boolean },
    stored: FindStored,
  ) {
    this.table = new KeyTable(operators)
    this.codec = codec
    this.keyGroups = settings.keyGroups
    this.#onePartition = settings.onePartition
    this.#stored = stored
  }

  /** How many keys are in memory. */
  get size(): number {
    return this.#slots.size
  }

  /**
   * Gives every row the slot of its key, making room for keys that are not resident. Returns a promise when entries
   * must be read first. Errors: `data`, code `not-partitioned-by-key`; those of reading.
   */
  place(rows: RowBuffer): Promise<void> | null {
    this.#batch++
    const { keys, slots } = rows
    for (let row = 0; row < keys.length; row++) {
      const key = keys[row] as Key
      const mapKey = this.codec.mapKey(key)
      const found = this.#slots.get(mapKey)
      const slot = found < 0 ? this.#enter(mapKey, key) : found
      this.#uses[useFields * slot] = this.#batch
      if (this.#onePartition) this.#checkPartition(slot, rows, row)
      slots[row] = slot
    }
    return this.#missing.length === 0 ? null : this.#load()
  }

  /** Keys may come from several partitions from now on: the source grew, and what was there before is where it was. */
  letKeysMove(): void {
    this.#onePartition = false
  }

  key(slot: number): Key {
    return this.#keys[slot] as Key
  }

  group(slot: number): KeyGroup {
    const known = this.#groups[slot] as KeyGroup
    if (known >= 0) return known
    return (this.#groups[slot] = keyGroupOf(this.#hash(this.key(slot)), this.keyGroups))
  }

  /** Lets the keys go that were not used for longest, until `most` are left; to be called while all are clean (I2). */
  shrink(most: number): void {
    const excess = this.#slots.size - most
    if (excess <= 0) return
    const resident = Int32Array.from(this.#keys.keys()).filter(slot => this.#isFree[slot] === false)
    const used = Float64Array.from(resident, slot => this.#uses[useFields * slot] as number).sort()
    const limit = used[excess - 1] as number
    let left = excess
    for (const slot of resident) {
      if ((this.#uses[useFields * slot] as number) > limit || left === 0) continue
      left--
      this.#slots.delete(this.codec.mapKey(this.key(slot)))
      this.table.clearSlot(slot)
      this.#free.push(slot)
      this.#isFree[slot] = true
    }
  }

  #enter(mapKey: KeyPart, key: Key): number {
    const slot = this.#free.pop() ?? this.table.addSlot()
    this.#isFree[slot] = false
    this.#slots.add(mapKey, slot)
    this.#keys[slot] = key
    this.#groups[slot] = -1
    if (useFields * slot >= this.#uses.length) this.#growUses()
    this.#uses[useFields * slot + 1] = unknownPartition
    this.#missing.push(slot)
    return slot
  }

  #load(): Promise<void> | null {
    const slots = this.#missing
    this.#missing = []
    const stored = this.table.operators.flatMap(({ uid, columns }) =>
      columns.map(column => ({ column, entries: this.#stored(uid, column.name) })),
    )
    const readable = stored.filter(({ entries }) => entries !== null)
    if (readable.length === 0) return null
    const keys = slots.map(slot => ({ key: this.key(slot), group: this.group(slot) }))
    return Promise.all(
      readable.map(async ({ column, entries }) =>
        load(column, slots, await (entries as StoredEntries).fetch(keys)),
      ),
    ).then(() => undefined)
  }

  #checkPartition(slot: number, rows: RowBuffer, row: number): void {
    const { origins } = rows
    const known = this.#uses[useFields * slot + 1] as number
    if (known === origins.partition) return
    if (known !== unknownPartition) throw movedKey(this.key(slot), known, rows.where(row))
    this.#uses[useFields * slot + 1] = origins.partition
  }

  #growUses(): void {
    const grown = new Float64Array(2 * this.#uses.length)
    grown.set(this.#uses)
    this.#uses = grown
  }

  /** Of its canonical bytes; those of a short ASCII text are put together here. */
  #hash(key: Key): number {
    const length = typeof key === 'string' && key.length <= shortKey.length ? key.length : -1
    for (let i = 0; i < length; i++) {
      const unit = (key as string).charCodeAt(i)
      if (unit > 0x7f) return this.#hashOfBytes(key)
      shortKey[i] = unit
    }
    return length < 0 ? this.#hashOfBytes(key) : murmur3(shortKey, 0, length)
  }

  #hashOfBytes(key: Key): number {
    const bytes = this.codec.bytes(key)
    return murmur3(bytes, 0, bytes.length)
  }
}

const shortKey = new Uint8Array(32)

function load(column: StateColumn, slots: readonly number[], entries: readonly StoredEntry[]): void {
  for (const [i, slot] of slots.entries()) {
    const entry = entries[i] as StoredEntry
    if (entry.kind === 'value') column.load(slot, entry.value)
    else if (entry.kind === 'list') column.load(slot, [...entry.elements])
    else if (entry.kind === 'map') column.load(slot, entry.entries)
  }
}

function movedKey(key: Key, partition: number, where: string): HeadwaterError {
  return badData({
    code: 'not-partitioned-by-key',
    thing: `key ${String(key)}, ${where}`,
    expected: `records of this key in partition ${partition}, where an earlier one was`,
    found: 'one in another partition',
    remedy: 'correct the partitioner of who writes the log, or declare the source without partitionedByKey',
  })
}
