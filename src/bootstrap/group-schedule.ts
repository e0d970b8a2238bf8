/**
 * The order in which the rows of one key group are folded: by (running maximum of the row's partition, source,
 * partition, sequence), and within what one record led to by its path (architecture.md section 5).
 */
import type { EventTime } from '../record/event-time.ts'
import type { SchedulePlace } from './history-clock.ts'
import type { ScatteredBatch } from './scattered-batch.ts'

/** The run of one group's rows in a batch. */
export interface Piece {
  readonly batch: ScatteredBatch
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** The running maximum of a source's partition at an offset, that record included. */
export type MaxAt = (source: number, partition: number, offset: number) => EventTime

/** Where each row stands in the schedule; arrays of one entry a row, in the order of the pieces. */
export interface GroupSchedule {
  readonly maxima: Float64Array
  readonly sources: Int32Array
  readonly partitions: Int32Array
  readonly sequences: Float64Array
  /** One array a level; −1 where a row has no such level. */
  readonly paths: readonly Float64Array[]
}

/** The schedule of a group. `maxAt` is asked for rows with log positions only, null when those are ordered by event time. */
export function groupSchedule(pieces: readonly Piece[], length: number, maxAt: MaxAt | null): GroupSchedule {
  const depth = Math.max(0, ...pieces.map(({ batch }) => batch.paths.length))
  const schedule: GroupSchedule = {
    maxima: new Float64Array(length).fill(-Infinity),
    sources: new Int32Array(length),
    partitions: new Int32Array(length),
    sequences: new Float64Array(length),
    paths: Array.from({ length: depth }, () => new Float64Array(length).fill(-1)),
  }
  let at = 0
  for (const piece of pieces) {
    if (piece.batch.causes !== null) placeEmissions(schedule, piece, at)
    else if (piece.batch.offsets !== null && maxAt !== null) placePositioned(schedule, piece, at, maxAt)
    else placeByTime(schedule, piece, at)
    piece.batch.paths.forEach((path, level) =>
      schedule.paths[level]?.set(path.subarray(piece.from, piece.to), at),
    )
    at += piece.to - piece.from
  }
  return schedule
}

function placeEmissions(
  { maxima, sources, partitions, sequences }: GroupSchedule,
  piece: Piece,
  at: number,
): void {
  const { batch, from, to } = piece
  maxima.set(batch.causes!.maxima.subarray(from, to), at)
  sources.set(batch.causes!.sources.subarray(from, to), at)
  partitions.set(batch.causes!.partitions.subarray(from, to), at)
  sequences.set(batch.causes!.sequences.subarray(from, to), at)
}

function placePositioned(
  schedule: GroupSchedule,
  { batch, from, to }: Piece,
  at: number,
  maxAt: MaxAt,
): void {
  const { source } = batch.origin
  const partitions = batch.partitions as Int32Array
  const offsets = batch.offsets as Float64Array
  schedule.sources.fill(source, at, at + to - from)
  schedule.partitions.set(partitions.subarray(from, to), at)
  schedule.sequences.set(offsets.subarray(from, to), at)
  if (batch.times === null) return
  for (let row = from; row < to; row++) {
    schedule.maxima[at + row - from] = maxAt(source, partitions[row] as number, offsets[row] as number)
  }
}

function placeByTime({ maxima, sources, sequences }: GroupSchedule, piece: Piece, at: number): void {
  const { batch, from, to } = piece
  sources.fill(batch.origin.source, at, at + to - from)
  if (batch.times !== null) maxima.set(batch.times.subarray(from, to), at)
  for (let row = from; row < to; row++) {
    sequences[at + row - from] = batch.origin.firstRank + (batch.rows[row] as number)
  }
}

/** The place of one row. */
export function placeOf(schedule: GroupSchedule, row: number): SchedulePlace {
  return {
    max: schedule.maxima[row] as number,
    source: schedule.sources[row] as number,
    partition: schedule.partitions[row] as number,
    sequence: schedule.sequences[row] as number,
  }
}

/** The rows in the order of the schedule; null when they stand in it already. Equal places keep their order. */
export function scheduleOrder(schedule: GroupSchedule): Int32Array | null {
  const compare = comparator(schedule)
  const { length } = schedule.maxima
  let ordered = true
  for (let row = 1; ordered && row < length; row++) ordered = compare(row - 1, row) <= 0
  if (ordered) return null
  // A plain array: its sort is stable and takes the runs that partitions come in as they are.
  return Int32Array.from(Array.from({ length }, (_, row) => row).sort(compare))
}

function comparator({
  maxima,
  sources,
  partitions,
  sequences,
  paths,
}: GroupSchedule): (a: number, b: number) => number {
  return (a, b) => {
    const byMax = maxima[a]! - maxima[b]!
    if (byMax < 0 || byMax > 0) return byMax // not for NaN, which is −Infinity against itself
    const byPlace =
      sources[a]! - sources[b]! || partitions[a]! - partitions[b]! || sequences[a]! - sequences[b]!
    if (byPlace !== 0) return byPlace
    for (const path of paths) {
      const byPath = path[a]! - path[b]!
      if (byPath !== 0) return byPath
    }
    return 0
  }
}

/** Whether the rows of one source without positions stand in the order of their times as they were read. */
export function isInTimeOrder(pieces: readonly Piece[], positioned: boolean): boolean {
  const [first] = pieces
  if (!first || positioned) return pieces.length === 0
  let last = -Infinity
  for (const { batch, from, to } of pieces) {
    if (batch.origin.source !== first.batch.origin.source || batch.causes !== null) return false
    if (batch.input !== first.batch.input) return false
    if (batch.times === null) continue
    for (let row = from; row < to; row++) {
      const time = batch.times[row] as number
      if (time < last) return false
      last = time
    }
  }
  return true
}
