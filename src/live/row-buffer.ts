/** The rows of one stage in one batch, as a struct of arrays that is filled again for each batch. */
import type { KeyedRows } from '../operator/step.ts'
import type { EventTime, Watermark } from '../record/event-time.ts'
import type { Key } from '../record/key.ts'
import type { AnyRecord } from '../record/record.ts'
import type { Origins } from './origins.ts'
import { comparePaths, type RowPath } from './row-path.ts'

/** Rows waiting to be applied: each knows the ordinal of the record that caused it. */
export class RowBuffer implements KeyedRows {
  readonly origins: Origins
  readonly keys: Key[] = []
  readonly slots: number[] = []
  readonly ordinals: number[] = []
  readonly paths: RowPath[] = []
  #records: AnyRecord[] = []
  readonly #clock: number

  /** `clock`: the index of the stage's clock. */
  constructor(origins: Origins, clock: number) {
    this.origins = origins
    this.#clock = clock
  }

  get length(): number {
    return this.#records.length
  }

  push(record: AnyRecord, key: Key, ordinal: number, path: RowPath | null): void {
    this.#records.push(record)
    this.keys.push(key)
    this.ordinals.push(ordinal)
    if (path !== null) this.paths.push(path)
  }

  clear(): void {
    this.#records = []
    this.keys.length = 0
    this.slots.length = 0
    this.ordinals.length = 0
    this.paths.length = 0
  }

  /** Brings rows that came by several ways into the order of their paths. */
  sort(): void {
    const { paths } = this
    const order = paths
      .map((_, row) => row)
      .sort((a, b) => comparePaths(paths[a] as RowPath, paths[b] as RowPath))
    this.#records = order.map(row => this.#records[row] as AnyRecord)
    permute(this.keys, order)
    permute(this.ordinals, order)
    permute(this.paths, order)
  }

  record(row: number): AnyRecord {
    return this.#records[row] as AnyRecord
  }

  key(row: number): Key {
    return this.keys[row] as Key
  }

  slot(row: number): number {
    return this.slots[row] as number
  }

  /** That of the record which caused the row. */
  time(row: number): EventTime | null {
    return this.origins.time(this.ordinals[row] as number)
  }

  /** The stage's clock before the record which caused the row. */
  watermark(row: number): Watermark {
    return this.origins.watermark(this.#clock, this.ordinals[row] as number)
  }

  where(row: number): string {
    return this.origins.where(this.ordinals[row] as number)
  }
}

function permute<T>(list: T[], order: readonly number[]): void {
  const old = [...list]
  for (const [to, from] of order.entries()) list[to] = old[from] as T
}
