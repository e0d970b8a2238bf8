/** Records made by code, encoded to columns and scattered to key groups: what maps and earlier stages put out. */
import { columnBuilder, type ColumnBuilder } from '../codec/column-builder.ts'
import { hashKeys } from '../codec/key-columns.ts'
import { inverse, scatter, scatterInts } from '../codec/scatter.ts'
import type { Column } from '../record/column.ts'
import type { Key } from '../record/key.ts'
import type { AnyRecord } from '../record/record.ts'
import type { InputLayout } from './input-layout.ts'
import { orderByGroup } from './scattered-batch.ts'

/** Scattered records; all arrays are in the order of the groups. */
export interface ScatteredRecords {
  /** What `add` was given as origin. */
  readonly rows: Int32Array
  /** The number of the `add` call, to permute what the caller kept beside. */
  readonly order: Int32Array
  readonly starts: Int32Array
  readonly hashes: Int32Array
  readonly keys: readonly Column[]
  readonly fields: readonly Column[]
}

/** Collects records for one input. */
export class RecordColumns {
  readonly #layout: InputLayout
  readonly #keyGroups: number
  readonly #keys: readonly ColumnBuilder[]
  readonly #fields: readonly ColumnBuilder[]
  readonly #origins: number[] = []

  constructor(layout: InputLayout, keyGroups: number) {
    this.#layout = layout
    this.#keyGroups = keyGroups
    this.#keys = layout.codec.schema.fields.map(field => columnBuilder(field.type))
    this.#fields = layout.carried.map(field => columnBuilder(field.type))
  }

  get length(): number {
    return this.#origins.length
  }

  /** `origin`: any number that names where the record came from. */
  add(record: AnyRecord, key: Key, origin: number): void {
    const parts = this.#layout.codec.parts(key)
    this.#keys.forEach((builder, i) => builder.append(parts[i]))
    this.#layout.carried.forEach(({ name }, i) => this.#fields[i]?.append(record[name]))
    this.#origins.push(origin)
  }

  /** All records so far, by key group. */
  scatter(): ScatteredRecords {
    const length = this.#origins.length
    const keys = this.#keys.map(builder => builder.finish())
    const hashes = new Int32Array(length)
    hashKeys(this.#layout.codec, keys, hashes)
    const { to, starts } = orderByGroup(hashes, null, length, this.#keyGroups)
    const order = inverse(to)
    return {
      rows: Int32Array.from(order, i => this.#origins[i] as number),
      order,
      starts,
      hashes: scatterInts(hashes, to),
      keys: keys.map(column => scatter(column, to)),
      fields: this.#fields.map(builder => scatter(builder.finish(), to)),
    }
  }
}
