/** Values found by key: the newest layer's row decides, a tombstone too. */
import { bitAt } from '../codec/bitmap.ts'
import { valueReader } from '../codec/column-reader.ts'
import type { Lookup } from './layer-lookup.ts'
import { absentEntry, type EntryCollector, type StoredEntry } from './stored-entry.ts'

/** Collects one value a request. */
export class ValueLookup implements EntryCollector {
  readonly #entries: (StoredEntry | null)[]

  constructor(requests: number) {
    this.#entries = new Array<null>(requests).fill(null)
  }

  layer(): Lookup['visitor'] {
    return ({ value, deleted }) => {
      const read = valueReader(value)
      return (request, row) => {
        const isTombstone = deleted !== null && bitAt(deleted, row)
        this.#entries[request] = isTombstone ? absentEntry : { kind: 'value', value: read(row) }
      }
    }
  }

  stillOpen(pending: readonly number[]): readonly number[] {
    return pending.filter(request => this.#entries[request] === null)
  }

  entries(): readonly StoredEntry[] {
    return this.#entries.map(entry => entry ?? absentEntry)
  }
}
