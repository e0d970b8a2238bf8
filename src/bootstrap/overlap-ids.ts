/**
 * The ids of a history's newest records, where neither offsets nor a given cut say which records of the log it has: those
 * from twice `handoffLatenessMs` before its newest event time on. The log is read from once that before it, in log times; so a
 * record whose event time is at most that far behind its log time is among them, or is not in the history. In memory are the
 * ids of that stretch, twice at most.
 */
import { valueReader } from '../codec/column-reader.ts'
import type { Column } from '../record/column.ts'
import type { KeyPart } from '../record/key.ts'
import type { SourceBatch } from './source-batch.ts'

/** Where collecting first looks for ids that are too old by now. */
const leastPruned = 65_536

/** Collects them, batch by batch. */
export class OverlapIds {
  readonly #field: string
  readonly #reach: number
  readonly #times = new Map<KeyPart, number>()
  #newest = -Infinity
  #pruneAt = leastPruned

  /** `field`: with the id. `latenessUnits`: the source's `handoffLatenessMs` in the job's time unit. */
  constructor(field: string, latenessUnits: number) {
    this.#field = field
    this.#reach = 2 * latenessUnits
  }

  /** Takes the batch's kept rows without those that were refused. */
  add({ columns, times, kept, length }: SourceBatch, refused: ReadonlySet<number>): void {
    const read = valueReader(columns.get(this.#field) as Column)
    const rows = kept ?? Array.from({ length }, (_, row) => row)
    for (const row of rows) {
      const time = (times as Float64Array)[row] as number
      if (refused.has(row) || time < this.#newest - this.#reach) continue
      if (time > this.#newest) this.#newest = time
      const id = read(row) as KeyPart
      this.#times.set(id, Math.max(time, this.#times.get(id) ?? -Infinity))
    }
    if (this.#times.size >= this.#pruneAt) {
      this.#prune()
      this.#pruneAt = Math.max(leastPruned, 2 * this.#times.size)
    }
  }

  /** The event time from which on all ids are here; null when no record has one. */
  get from(): number | null {
    return this.#newest === -Infinity ? null : this.#newest - this.#reach
  }

  /** Ids with the event times of their records. */
  entries(): ReadonlyMap<KeyPart, number> {
    this.#prune()
    return this.#times
  }

  #prune(): void {
    const from = this.#newest - this.#reach
    for (const [id, time] of this.#times) if (time < from) this.#times.delete(id)
  }
}
