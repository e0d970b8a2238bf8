/**
 * Rows on their way to a stage, already sorted by key group: columns permuted so that each group's rows are one run.
 * Nothing grows per group, and a group's rows are found in all batches by two numbers each.
 */
import type { Places } from '../codec/scatter.ts'
import { invalid } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { Offset } from '../record/position.ts'

/** Where a batch came from, for messages and for ranks. */
export interface BatchOrigin {
  /** Index into the job's sources; −1 for emissions of an earlier stage. */
  readonly source: number
  /** `history/part-1.parquet row group 3`, or the uid of the emitting operator. */
  readonly label: string
  /** The number of its first row inside the row group. */
  readonly firstRow: number
  /** The rank of its first row among all rows of the source, in the order of reading. */
  readonly firstRank: number
}

/**
 * The schedule keys of emissions: what decided when their record, or its first ancestor in a source, was applied.
 * One entry a row each.
 */
export interface RootCauses {
  readonly maxima: Float64Array
  readonly sources: Int32Array
  readonly partitions: Int32Array
  readonly sequences: Float64Array
}

/** A batch for one input of a stage, sorted by key group. */
export interface ScatteredBatch {
  /** Index of the stage's input. */
  readonly input: number
  readonly origin: BatchOrigin
  readonly length: number
  /** Group g has the rows [starts[g], starts[g + 1]). */
  readonly starts: Int32Array
  readonly hashes: Int32Array
  readonly keys: readonly Column[]
  /** The fields that records are made of, in the order of the input's layout. */
  readonly fields: readonly Column[]
  /** Each row's number in the batch it came from, ascending within a group. */
  readonly rows: Int32Array
  /** Event times; null when the source has none. */
  readonly times: Float64Array | null
  /** Log positions; null when the history has none. */
  readonly partitions: Int32Array | null
  readonly offsets: Float64Array | null
  /** Emissions only. */
  readonly causes: RootCauses | null
  /** The path from the root record, one level a stage: orders what one record led to. Null: one output a record. */
  readonly paths: readonly Float64Array[]
}

const maxConsumers = 2 ** 10
const maxOutputs = 2 ** 20
/** What is left of the whole numbers that a double holds. */
const maxEmissions = 2 ** 23

/**
 * A place in a path: the n-th emission of a call, the consumer among several, the n-th output of its transforms. Beyond
 * its room the order would be wrong: `invalid`, code `too-many-outputs`.
 */
export function pathElement(emission: number, consumer: number, output: number): number {
  if (output < maxOutputs && emission < maxEmissions && consumer < maxConsumers) {
    return (emission * maxConsumers + consumer) * maxOutputs + output
  }
  throw invalid({
    code: 'too-many-outputs',
    thing: 'what one record leads to',
    expected: `at most ${maxOutputs} outputs of a flatMap, ${maxEmissions} emissions and ${maxConsumers} inputs fed`,
    found: `output ${output}, emission ${emission}, input ${consumer}, from 0`,
    remedy: 'make fewer of one record',
  })
}

/** The order of rows by key group, ties as they stand: a counting sort. */
export interface GroupOrder {
  /** Where each row goes, so that groups stand one after another. */
  readonly to: Places
  readonly starts: Int32Array
}

/** `kept`: the rows that take part, ascending; null for all `length` rows. */
export function orderByGroup(
  hashes: Int32Array,
  kept: Int32Array | null,
  length: number,
  keyGroups: number,
): GroupOrder {
  const count = kept === null ? length : kept.length
  const groups = new Int32Array(count)
  const starts = new Int32Array(keyGroups + 1)
  // The same as the remainder where G is a power of two, and several times faster.
  const mask = (keyGroups & (keyGroups - 1)) === 0 ? keyGroups - 1 : 0
  for (let i = 0; i < count; i++) {
    const row = kept === null ? i : (kept[i] as number)
    const positive = (hashes[row] as number) & 0x7fffffff
    const group = mask > 0 ? positive & mask : positive % keyGroups
    groups[i] = group
    starts[group + 1] = (starts[group + 1] as number) + 1
  }
  for (let group = 0; group < keyGroups; group++) starts[group + 1]! += starts[group] as number
  const places = new Int32Array(count)
  const next = starts.slice()
  for (let i = 0; i < count; i++) {
    const group = groups[i] as number
    const at = next[group] as number
    next[group] = at + 1
    places[i] = at
  }
  return { to: { rows: kept, places }, starts }
}

/** Where reading of a partition's offset stands for messages. */
export function positionLabel(partition: number, offset: Offset): string {
  return `partition ${partition} offset ${offset}`
}
