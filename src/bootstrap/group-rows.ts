/**
 * One key group of a stage, put together from all batches and in the order of the schedule: what `Step` is handed in
 * history. Rows are contiguous, so a group's keys and fields fit the cache.
 *
 * I1. Row numbers are places in the schedule: row 0 is applied first.
 * I2. A stage's inputs differ in schema; each keeps its own fields, and every row knows its input and its place there.
 */
import { concat, gather, slice } from '../codec/gather.ts'
import { keyReader } from '../codec/key-columns.ts'
import { recordReader } from '../codec/row-records.ts'
import type { Column } from '../record/column.ts'
import type { EventTime, Watermark } from '../record/event-time.ts'
import type { Key } from '../record/key.ts'
import type { AnyRecord } from '../record/record.ts'
import type { KeyedRows } from '../operator/step.ts'
import {
  groupSchedule,
  isInTimeOrder,
  placeOf,
  scheduleOrder,
  type GroupSchedule,
  type MaxAt,
  type Piece,
} from './group-schedule.ts'
import type { HistoryClock, SchedulePlace } from './history-clock.ts'
import type { InputLayout } from './input-layout.ts'
import { assignSlots } from './key-slots.ts'
import { positionLabel, type ScatteredBatch } from './scattered-batch.ts'

/** What is the same for all groups of a stage. */
export interface StageContext {
  /** By input. */
  readonly layouts: readonly InputLayout[]
  /** Null where positioned rows are ordered by event time too. */
  readonly maxAt: MaxAt | null
  readonly clock: HistoryClock
}

type ReadRecord = (row: number) => AnyRecord

/** The rows of one key group. */
export class GroupRows implements KeyedRows {
  readonly length: number
  /** The group's keys, by slot. */
  readonly keys: readonly Key[]
  readonly keyColumns: readonly Column[]
  /** The row with which each slot's key came first. */
  readonly firstRows: Int32Array
  readonly #pieces: readonly Piece[]
  readonly #context: StageContext
  /** The number among the pieces' rows of each row; null when they are the same. */
  readonly #order: Int32Array | null
  readonly #slots: Int32Array
  readonly #times: Float64Array | null
  readonly #read: ReadRecord
  #schedule: GroupSchedule | null = null

  constructor(batches: readonly ScatteredBatch[], group: number, context: StageContext) {
    this.#context = context
    this.#pieces = piecesOf(batches, group)
    this.length = this.#pieces.reduce((sum, { from, to }) => sum + to - from, 0)
    this.#order = this.#scheduleOrder()
    const hashes = inOrderInts(joinedHashes(this.#pieces, this.length), this.#order)
    this.keyColumns = this.#keyColumns()
    const { slots, firstRows } = assignSlots(hashes, this.keyColumns)
    this.#slots = slots
    this.firstRows = firstRows
    this.keys = this.#decodeKeys(firstRows)
    this.#times = inOrderDoubles(joinedTimes(this.#pieces, this.length), this.#order)
    this.#read = this.#recordReader()
  }

  record(row: number): AnyRecord {
    return this.#read(row)
  }

  key(row: number): Key {
    return this.keys[this.#slots[row] as number] as Key
  }

  slot(row: number): number {
    return this.#slots[row] as number
  }

  time(row: number): EventTime | null {
    const time = this.#times?.[row]
    return time === undefined || Number.isNaN(time) ? null : time
  }

  watermark(row: number): Watermark {
    return this.#context.clock.before(this.place(row))
  }

  /** The row's place in the schedule. */
  place(row: number): SchedulePlace {
    return placeOf(this.#placed(), this.#original(row))
  }

  /** The row's path from its root record; level 0 is always there. */
  path(row: number): readonly number[] {
    const original = this.#original(row)
    const levels = this.#placed().paths.map(level => level[original] as number)
    return [Math.max(0, levels[0] ?? 0), ...levels.slice(1).filter(element => element >= 0)]
  }

  /** The partition it came from; null when history has none. */
  partition(row: number): number | null {
    const { batch, at } = this.#pieceOf(row)
    return batch.partitions?.[at] ?? null
  }

  where(row: number): string {
    const { batch, at } = this.#pieceOf(row)
    const { origin, partitions, offsets, rows } = batch
    if (origin.source < 0) return `record from ${origin.label}`
    const place = `${origin.label} row ${origin.firstRow + (rows[at] as number)}`
    if (partitions === null || offsets === null) return place
    return `${place} (${positionLabel(partitions[at] as number, offsets[at] as number)})`
  }

  #scheduleOrder(): Int32Array | null {
    if (isInTimeOrder(this.#pieces, this.#context.maxAt !== null && this.#hasPositions())) return null
    return scheduleOrder(this.#placed())
  }

  #hasPositions(): boolean {
    return this.#pieces.some(({ batch }) => batch.offsets !== null)
  }

  #placed(): GroupSchedule {
    this.#schedule ??= groupSchedule(this.#pieces, this.length, this.#context.maxAt)
    return this.#schedule
  }

  #original(row: number): number {
    return this.#order === null ? row : (this.#order[row] as number)
  }

  #keyColumns(): readonly Column[] {
    const count = this.#pieces[0]?.batch.keys.length ?? 0
    return Array.from({ length: count }, (_, i) => {
      const joined = concat(
        this.#pieces.map(({ batch, from, to }) => slice(batch.keys[i] as Column, from, to)),
      )
      return this.#order === null ? joined : gather(joined, this.#order, 0, this.length)
    })
  }

  #decodeKeys(firstRows: Int32Array): readonly Key[] {
    const codec = this.#context.layouts[0]?.codec
    if (!codec || this.length === 0) return []
    const read = keyReader(codec, this.keyColumns)
    return Array.from(firstRows, row => read(row))
  }

  #recordReader(): ReadRecord {
    const inputs = [...new Set(this.#pieces.map(({ batch }) => batch.input))]
    const [only, ...others] = inputs
    if (only === undefined) return () => ({})
    if (others.length === 0) return this.#inputReader(only, this.#order, null)
    return this.#mixedReader(inputs)
  }

  /** Rows of several inputs: each input's rows are read by its own reader, in the order of the schedule. */
  #mixedReader(inputs: readonly number[]): ReadRecord {
    const inputOf = new Int32Array(this.length)
    const placeIn = new Int32Array(this.length)
    let at = 0
    for (const { batch, from, to } of this.#pieces) {
      inputOf.fill(batch.input, at, (at += to - from))
    }
    const counts = new Map<number, number>()
    const rowsOf = new Map<number, number[]>(inputs.map(input => [input, []]))
    const firstOf = this.#localNumbers()
    for (let row = 0; row < this.length; row++) {
      const original = this.#original(row)
      const input = inputOf[original] as number
      const place = counts.get(input) ?? 0
      counts.set(input, place + 1)
      placeIn[row] = place
      rowsOf.get(input)?.push(row)
    }
    const readers = new Map<number, ReadRecord>()
    for (const input of inputs) {
      const rows = Int32Array.from(rowsOf.get(input) as number[])
      const local = rows.map(row => firstOf[this.#original(row)] as number)
      readers.set(input, this.#inputReader(input, local, rows))
    }
    return row => {
      const input = inputOf[this.#original(row)] as number
      return (readers.get(input) as ReadRecord)(placeIn[row] as number)
    }
  }

  /** For each row of the pieces its number among the rows of its own input. */
  #localNumbers(): Int32Array {
    const numbers = new Int32Array(this.length)
    const counts = new Map<number, number>()
    let at = 0
    for (const { batch, from, to } of this.#pieces) {
      let next = counts.get(batch.input) ?? 0
      for (let row = from; row < to; row++) numbers[at++] = next++
      counts.set(batch.input, next)
    }
    return numbers
  }

  /**
   * Reads records of one input. `picked`: which of the input's rows, in order; null for all as they stand.
   * `rows`: the schedule row of each of them; null when they are the same.
   */
  #inputReader(input: number, picked: Int32Array | null, rows: Int32Array | null): ReadRecord {
    const layout = this.#context.layouts[input] as InputLayout
    const pieces = this.#pieces.filter(({ batch }) => batch.input === input)
    const columns = layout.carried.map((_, i) => {
      const joined = concat(pieces.map(({ batch, from, to }) => slice(batch.fields[i] as Column, from, to)))
      return picked === null ? joined : gather(joined, picked, 0, picked.length)
    })
    return recordReader(layout.fields, byField(layout, columns), this.#given(layout, rows))
  }

  #given(layout: InputLayout, rows: Int32Array | null): ReadonlyMap<string, (row: number) => unknown> {
    const given = new Map<string, (row: number) => unknown>()
    const { keys } = this
    const slots = this.#slots
    const times = this.#times
    if (layout.keyField !== null) {
      const key =
        rows === null ? (row: number) => keys[slots[row]!] : (row: number) => keys[slots[rows[row]!]!]
      given.set(layout.keyField, key)
    }
    if (layout.timeField !== null && times !== null) {
      given.set(layout.timeField, rows === null ? row => times[row] : row => times[rows[row]!])
    }
    return given
  }

  #pieceOf(row: number): { readonly batch: ScatteredBatch; readonly at: number } {
    let rest = this.#original(row)
    for (const { batch, from, to } of this.#pieces) {
      if (rest < to - from) return { batch, at: from + rest }
      rest -= to - from
    }
    throw new RangeError(`row ${row} of ${this.length}`)
  }
}

function piecesOf(batches: readonly ScatteredBatch[], group: number): readonly Piece[] {
  const pieces: Piece[] = []
  for (const batch of batches) {
    const from = batch.starts[group] as number
    const to = batch.starts[group + 1] as number
    if (to > from) pieces.push({ batch, from, to })
  }
  return pieces
}

/** Columns by field name; fields that are given need none. */
function byField(
  { fields, carried }: InputLayout,
  columns: readonly Column[],
): readonly (Column | undefined)[] {
  return fields.map(({ name }) => columns[carried.findIndex(field => field.name === name)])
}

function joinedHashes(pieces: readonly Piece[], length: number): Int32Array {
  const joined = new Int32Array(length)
  let at = 0
  for (const { batch, from, to } of pieces) {
    joined.set(batch.hashes.subarray(from, to), at)
    at += to - from
  }
  return joined
}

function joinedTimes(pieces: readonly Piece[], length: number): Float64Array | null {
  if (pieces.every(({ batch }) => batch.times === null)) return null
  const joined = new Float64Array(length).fill(NaN)
  let at = 0
  for (const { batch, from, to } of pieces) {
    if (batch.times !== null) joined.set(batch.times.subarray(from, to), at)
    at += to - from
  }
  return joined
}

function inOrderInts(values: Int32Array, order: Int32Array | null): Int32Array {
  return order === null ? values : order.map(row => values[row] as number)
}

function inOrderDoubles(values: Float64Array | null, order: Int32Array | null): Float64Array | null {
  return values === null || order === null ? values : Float64Array.from(order, row => values[row] as number)
}
