/** Lists found by key: a layer's elements over those of older layers, down to the first tombstone. */
import { bitAt } from '../codec/bitmap.ts'
import { valueReader } from '../codec/column-reader.ts'
import { badData } from '../errors.ts'
import type { Lookup } from './layer-lookup.ts'
import { absentEntry, type EntryCollector, type StoredEntry } from './stored-entry.ts'

/** What one block of one layer holds of a list. */
interface Piece {
  /** 0 for the newest layer. */
  readonly layer: number
  readonly block: number
  readonly indexes: Int32Array
  readonly values: readonly unknown[]
}

/** Collects a list a request. */
export class ListLookup implements EntryCollector {
  readonly #name: string
  readonly #pieces: Piece[][]
  readonly #ended: boolean[]
  #layer = -1

  constructor(requests: number, name: string) {
    this.#name = name
    this.#pieces = Array.from({ length: requests }, () => [])
    this.#ended = new Array<boolean>(requests).fill(false)
  }

  layer(): Lookup['visitor'] {
    const layer = ++this.#layer
    return ({ value, deleted, index }, block) => {
      const read = valueReader(value)
      return (request, start, end) => {
        const isTombstone = deleted !== null && bitAt(deleted, start)
        if (isTombstone) this.#ended[request] = true
        const first = isTombstone ? start + 1 : start
        const values = Array.from({ length: end - first }, (_, i) => read(first + i))
        this.#pieces[request]!.push({ layer, block, indexes: index!.slice(first, end), values })
      }
    }
  }

  stillOpen(pending: readonly number[]): readonly number[] {
    return pending.filter(request => !this.#ended[request])
  }

  entries(): readonly StoredEntry[] {
    return this.#pieces.map(pieces => {
      const elements = this.#elements(pieces)
      return elements.length === 0 ? absentEntry : { kind: 'list', elements }
    })
  }

  /** Oldest layer first, its blocks in order. Segments of a layer hold different key groups, so block numbers suffice. */
  #elements(pieces: Piece[]): readonly unknown[] {
    const elements: unknown[] = []
    pieces.sort((a, b) => b.layer - a.layer || a.block - b.block)
    for (const { indexes, values } of pieces) {
      for (const [i, value] of values.entries()) this.#put(elements, indexes[i]!, value)
    }
    return elements
  }

  #put(elements: unknown[], index: number, value: unknown): void {
    if (index >= 0 && index <= elements.length) elements[index] = value
    else throw this.#gap(elements.length, index)
  }

  #gap(expected: number, found: number): Error {
    const thing = `list ${this.#name}`
    return badData({ code: 'list-gap', thing, expected: `element ${expected}`, found: `element ${found}` })
  }
}
