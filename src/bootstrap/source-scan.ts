/**
 * Reads one source's history once and hands each batch to all stage inputs that it feeds. On the way it keeps what a
 * savepoint must know of the source: positions, watermark steps, and counts of what was left out and why.
 *
 * I1. Every row is counted in exactly one of: applied, duplicate, beyond the cut, bad.
 * I2. An accepted time moves the watermark, whether or not its record reaches a stage.
 */
import { conflict, type HeadwaterError } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { EventTime, JobTimeUnit } from '../record/event-time.ts'
import type { HistoryBatch, HistoryPlan } from '../source/history.ts'
import type { Source } from '../source/source.ts'
import { BadRows } from './bad-rows.ts'
import { Coverage } from './coverage.ts'
import { DroppedRows } from './dropped-rows.ts'
import { DuplicateRows } from './duplicate-rows.ts'
import { eventTimes } from './event-times.ts'
import { fromMs } from '../job/time-unit.ts'
import type { InputScatter } from './input-scatter.ts'
import { OverlapIds } from './overlap-ids.ts'
import { PartitionTimeline } from './partition-timeline.ts'
import { rowChecks } from './row-checks.ts'
import type { SourceBatch } from './source-batch.ts'
import { TimeOrderedTimeline } from './time-ordered-timeline.ts'
import type { Timeline } from './timeline.ts'

/** The positions at which history ends, given by the caller: partition → first offset that is not history. */
export type GivenCut = ReadonlyMap<number, number>

/** How a source is read. */
export interface ScanSettings {
  /** Index into the job's sources. */
  readonly index: number
  readonly unit: JobTimeUnit
  /** Whether rows are ordered by event time even where they have positions. */
  readonly byEventTime: boolean
  readonly cut: GivenCut | null
}

/** Rows that were read, by what became of them. */
export interface ScanCounts {
  rows: number
  duplicates: number
  beyondCut: number
}

/** One source while it is scanned, and what is known of it afterwards. */
export class SourceScan {
  readonly source: Source
  readonly plan: HistoryPlan
  readonly settings: ScanSettings
  readonly coverage: Coverage
  readonly bad: BadRows
  readonly counts: ScanCounts = { rows: 0, duplicates: 0, beyondCut: 0 }
  /** Null unless ids are what will tell the records of history and log apart. */
  readonly overlapIds: OverlapIds | null
  readonly #duplicates = new DuplicateRows()
  readonly #byPartition = new Map<number, PartitionTimeline>()
  readonly #byTime: TimeOrderedTimeline
  /** Rows of the batch at hand. */
  readonly #refused = new Set<number>()
  #rank = 0

  constructor(source: Source, plan: HistoryPlan, settings: ScanSettings) {
    this.source = source
    this.plan = plan
    this.settings = settings
    this.coverage = new Coverage(plan.files)
    this.bad = new BadRows(source)
    this.#byTime = new TimeOrderedTimeline(settings.index, this.#outOfOrderness)
    const { recordId, handoffLatenessMs } = source
    const isOpen = recordId !== null && !plan.positioned && settings.cut === null
    this.overlapIds = isOpen ? new OverlapIds(recordId, fromMs(handoffLatenessMs, settings.unit)) : null
  }

  /** Whether rows are folded in the canonical schedule, not by event time. */
  get scheduled(): boolean {
    return this.plan.positioned && !this.settings.byEventTime
  }

  /** Reads everything. `onRows` is told how many rows each batch had. */
  async run(
    scatters: readonly InputScatter[],
    onRows: (rows: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    for await (const read of this.plan.read(signal)) {
      const batch = this.#accepted(read)
      this.#refused.clear()
      for (const scatter of scatters) scatter.accept(batch)
      this.overlapIds?.add(batch, this.#refused)
      onRows(batch.length)
    }
    signal?.throwIfAborted()
    if (this.#duplicates.found) await this.#checkDuplicates(signal)
    for (const timeline of this.#byPartition.values()) timeline.seal()
  }

  /** A stage can't use this row of the batch at hand: bad, and bad once only when several stages say so. */
  refuse(batch: SourceBatch, row: number, error: HeadwaterError): void {
    if (this.#refused.has(row)) return
    this.bad.refuse(batch, row, error)
    this.#refused.add(row)
    this.counts.rows--
  }

  /** The partitions' timelines; one imaginary partition where rows are ordered by event time. */
  get timelines(): readonly Timeline[] {
    if (this.source.eventTime === null) return []
    return this.scheduled ? [...this.#byPartition.values()] : [this.#byTime]
  }

  /** The running maximum of a partition at an offset, that record included. */
  maxAt(partition: number, offset: number): EventTime {
    return this.#byPartition.get(partition)?.maxAt(offset) ?? -Infinity
  }

  /** The running maximum of a partition after all of history; null where it had no time. */
  finalMax(partition: number): EventTime | null {
    return this.#byPartition.get(partition)?.finalMax ?? null
  }

  /** The largest time of a history that is ordered by event time; null for the schedule. */
  get finalTime(): EventTime | null {
    return this.scheduled ? null : this.#byTime.finalMax
  }

  get lateCount(): number {
    return [...this.#byPartition.values()].reduce((sum, timeline) => sum + timeline.lateCount, 0)
  }

  /** The id of the log that the archive files name; null for foreign files. `conflict` when they name several. */
  get logId(): string | null {
    const ids = [...new Set(this.plan.files.flatMap(file => (file.coverage ? [file.coverage.logId] : [])))]
    if (ids.length <= 1) return ids[0] ?? null
    throw conflict({
      code: 'several-logs',
      thing: `history of ${this.source.name}`,
      expected: 'archives of one log',
      found: `archives of logs ${ids.join(', ')}`,
      remedy: 'leave out the files of the other log',
    })
  }

  get #outOfOrderness(): number {
    return this.source.outOfOrdernessMs * (this.settings.unit === 'us' ? 1000 : 1)
  }

  #accepted(read: HistoryBatch): SourceBatch {
    const whole = this.#sourceBatch(read)
    const dropped = new DroppedRows(whole.length)
    this.#dropKnownPositions(whole, dropped)
    this.#dropBad(whole, read, dropped)
    this.#keepTimes(whole, dropped)
    const kept = dropped.kept()
    this.counts.rows += kept === null ? whole.length : kept.length
    return { ...whole, kept }
  }

  #sourceBatch(read: HistoryBatch): SourceBatch {
    const { source, plan, settings } = this
    const { columns, length } = read.batch
    const firstRank = this.#rank
    this.#rank += length
    const label = `${plan.files[read.file]?.path ?? '?'} row group ${read.rowGroup}`
    const origin = { source: settings.index, label, firstRow: read.firstRow, firstRank }
    const times = source.eventTime && eventTimes(columns.get(source.eventTime) as Column, settings.unit)
    const { partitions, offsets } = read
    return { origin, length, columns, kept: null, times: times || null, partitions, offsets }
  }

  /** Rows at or past the cut, and rows whose position was there before. */
  #dropKnownPositions(batch: SourceBatch, dropped: DroppedRows): void {
    const { partitions, offsets, length } = batch
    if (partitions === null || offsets === null) return
    for (let row = 0; row < length; row++) {
      const partition = partitions[row] as number
      const offset = offsets[row] as number
      if (offset >= (this.settings.cut?.get(partition) ?? Infinity)) {
        dropped.add(row)
        this.counts.beyondCut++
      } else if (!this.coverage.add(partition, offset)) {
        dropped.add(row)
        this.counts.duplicates++
        this.#duplicates.add(batch, row)
      }
    }
  }

  #dropBad(batch: SourceBatch, read: HistoryBatch, dropped: DroppedRows): void {
    const checks = rowChecks(this.source, batch, read, this.settings.unit)
    if (checks.length === 0) return
    for (let row = 0; row < batch.length; row++) {
      if (dropped.has(row)) continue
      for (const check of checks) {
        const error = check(batch, row)
        if (error === null) continue
        this.bad.refuse(batch, row, error)
        dropped.add(row)
        break
      }
    }
  }

  #keepTimes({ times, partitions, offsets, origin, length }: SourceBatch, dropped: DroppedRows): void {
    if (times === null) return
    if (!this.scheduled || partitions === null || offsets === null) {
      return this.#byTime.addBatch(origin.firstRank, dropped.count > 0 ? masked(times, dropped) : times)
    }
    for (let row = 0; row < length; row++) {
      if (dropped.has(row)) continue
      this.#timelineOf(partitions[row] as number).add(offsets[row] as number, times[row] as number)
    }
  }

  #timelineOf(partition: number): PartitionTimeline {
    let timeline = this.#byPartition.get(partition)
    if (!timeline) {
      timeline = new PartitionTimeline(this.settings.index, partition, this.#outOfOrderness)
      this.#byPartition.set(partition, timeline)
    }
    return timeline
  }

  async #checkDuplicates(signal?: AbortSignal): Promise<void> {
    for await (const read of this.plan.read(signal)) this.#duplicates.check(this.#sourceBatch(read))
  }
}

function masked(times: Float64Array, dropped: DroppedRows): Float64Array {
  return times.map((time, row) => (dropped.has(row) ? NaN : time))
}
