/** Maps found by key: a layer's entries over those of older layers, down to the first tombstone of the whole key. */
import { bitAt } from '../codec/bitmap.ts'
import { valueReader } from '../codec/column-reader.ts'
import { isPresent, type Column } from '../record/column.ts'
import { compareMapKeys, type MapKey } from '../record/map-key.ts'
import type { TypeSpec } from '../record/type.ts'
import type { Lookup } from './layer-lookup.ts'
import { absentEntry, type EntryCollector, type StoredEntry } from './stored-entry.ts'

interface FoundEntry {
  readonly isDeleted: boolean
  readonly value: unknown
}

/** Collects a map a request. */
export class MapLookup implements EntryCollector {
  readonly #compare: (a: MapKey, b: MapKey) => number
  /** Of each request the newest row of every entry that was found so far. */
  readonly #found: Map<MapKey, FoundEntry>[]
  /** Whether a layer had a tombstone of the whole key: older ones are not asked. */
  readonly #ended: boolean[]

  constructor(requests: number, keyType: TypeSpec) {
    this.#compare = compareMapKeys(keyType)
    this.#found = Array.from({ length: requests }, () => new Map<MapKey, FoundEntry>())
    this.#ended = new Array<boolean>(requests).fill(false)
  }

  layer(): Lookup['visitor'] {
    return ({ value, deleted, mapKey }) => {
      const keys = mapKey as Column
      const [readKey, readValue] = [valueReader(keys), valueReader(value)]
      return (request, start, end) => {
        const found = this.#found[request]!
        for (let row = start; row < end; row++) {
          if (!isPresent(keys, row)) {
            this.#ended[request] = true
            continue
          }
          const key = readKey(row) as MapKey
          const isDeleted = deleted !== null && bitAt(deleted, row)
          if (!found.has(key)) found.set(key, { isDeleted, value: isDeleted ? null : readValue(row) })
        }
      }
    }
  }

  stillOpen(pending: readonly number[]): readonly number[] {
    return pending.filter(request => !this.#ended[request])
  }

  entries(): readonly StoredEntry[] {
    return this.#found.map(found => {
      const present = [...found].filter(([, { isDeleted }]) => !isDeleted)
      if (present.length === 0) return absentEntry
      present.sort(([a], [b]) => this.#compare(a, b))
      return { kind: 'map', entries: new Map(present.map(([key, { value }]) => [key, value])) }
    })
  }
}
