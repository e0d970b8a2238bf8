/**
 * Takes the records of one source in: decodes them, checks their times, shows each the clocks as they were before it,
 * hands it to the stages, and moves the clocks.
 *
 * I1. Every record is counted once, as applied or as bad: as bad also when only one of the stages that it reaches, or one
 *     of the records that it becomes there, could not take it. The time of one whose key alone is bad counts all the same.
 * I2. An accepted time moves the watermark, whether or not its record reaches a stage; the time of a refused one does not.
 */
import { HeadwaterError } from '../errors.ts'
import { userCodeFailed } from '../job/stage-input.ts'
import type { EventTime } from '../record/event-time.ts'
import type { AnyRecord } from '../record/record.ts'
import type { SourceTimes } from '../record/stage-clock.ts'
import { addedPhases, noCounts, type PhaseCounts } from '../savepoint/handoff-facts.ts'
import type { LogBatch, LogRecord, ReadNeeds } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import { Undecodable } from '../source/undecodable.ts'
import { BadRecords } from './bad-records.ts'
import type { Delivery } from './delivery.ts'
import type { Consumer } from './flow.ts'
import type { Origins } from './origins.ts'
import type { Overlap } from './overlap.ts'
import { timeCheck, type TimeCheck } from './time-check.ts'
import { eventTimeReader, type JobTimes } from './times.ts'

/** From a log's value to a record of the source; throws `data` when it is none. */
export type DecodeRecord = (value: unknown) => AnyRecord

/** What all intakes of a run share. */
export interface IntakeContext {
  readonly times: JobTimes
  readonly origins: Origins
  readonly delivery: Delivery
  /** By source: those that the run begins in. */
  readonly overlaps: ReadonlyMap<string, Overlap>
}

/** One source of a live run. */
export class Intake {
  readonly source: Source
  readonly bad: BadRecords
  /** Records that were usable, in every stage. */
  rows = 0
  /** Records at or below their partition's watermark; they are applied. */
  late = 0
  /** Records of the overlap that the history had too; they are left out. */
  duplicates = 0
  /** What was counted of the overlap, in all of these. */
  overlap: PhaseCounts = noCounts
  readonly #consumers: readonly Consumer[]
  readonly #decode: DecodeRecord
  readonly #context: IntakeContext
  readonly #sourceTimes: SourceTimes
  readonly #timeOf: ((record: AnyRecord) => EventTime | null) | null
  readonly #check: TimeCheck
  #overlap: Overlap | null
  /** Of the record at hand. */
  #problem: HeadwaterError | null = null

  constructor(source: Source, consumers: readonly Consumer[], decode: DecodeRecord, context: IntakeContext) {
    this.source = source
    this.bad = new BadRecords(source)
    this.#consumers = consumers
    this.#decode = decode
    this.#context = context
    this.#overlap = context.overlaps.get(source.name) ?? null
    this.#sourceTimes = context.times.sources.get(source.name) as SourceTimes
    this.#timeOf = eventTimeReader(source, context.times.unit)
    this.#check = timeCheck(source, context.times.unit)
  }

  /** What it looks at of the log's values; null where bad ones are kept whole. */
  get fields(): ReadNeeds['fields'] | null {
    const { badRecords, schema } = this.source
    return badRecords === 'keep' ? null : Object.keys(schema)
  }

  /** Takes a batch in; its rows then wait in the buffers of the stages. */
  take({ partition, records }: LogBatch): void {
    this.#context.origins.begin(this.source.name, partition)
    for (let i = 0; i < records.length; i++) this.#takeRecord(records[i] as LogRecord, partition)
  }

  #takeRecord(logged: LogRecord, partition: number): void {
    const record = this.#decoded(logged, partition)
    if (record === null) return
    const time = this.#timeOf === null ? null : this.#timeOf(record)
    if (this.#timeOf !== null) {
      const problem = this.#check(time, logged.time)
      if (problem !== null) return this.#refuse(logged, partition, problem)
    }
    const overlap = this.#overlap
    if (overlap?.holds(partition, logged.offset) !== true) return this.#apply(record, time, logged, partition)
    const { rows, late } = this
    if (this.#isLeftOut(overlap, record, time, logged, partition)) return
    this.#apply(record, time, logged, partition)
    this.#countOverlap(this.rows - rows, 0, this.late - late)
  }

  #apply(record: AnyRecord, time: EventTime | null, logged: LogRecord, partition: number): void {
    const { origins, times } = this.#context
    if (time !== null && time <= this.#sourceTimes.watermark(partition)) this.late++
    this.#deliver(record, logged, origins.add(logged, time))
    if (time !== null) times.advance(this.#sourceTimes, partition, time)
  }

  /** Whether the history has it, or nobody can say. The time of one that it has counts: the partition had it at that place. */
  #isLeftOut(
    overlap: Overlap,
    record: AnyRecord,
    time: EventTime | null,
    logged: LogRecord,
    partition: number,
  ): boolean {
    if (time === null) return false
    try {
      if (!overlap.isInHistory(record, time)) return false
      this.duplicates++
      this.#countOverlap(0, 1, 0)
      this.#context.times.advance(this.#sourceTimes, partition, time)
    } catch (error) {
      if (!isBadData(error)) throw error
      this.#refuse(logged, partition, error)
    }
    return true
  }

  #countOverlap(rows: number, duplicates: number, late: number): void {
    this.overlap = addedPhases(this.overlap, { rows, duplicates, late })
  }

  /** Goes on without: every partition is past it. */
  passOverlap(): void {
    this.#overlap = null
  }

  #decoded(logged: LogRecord, partition: number): AnyRecord | null {
    try {
      if (logged.value instanceof Undecodable) throw logged.value.error
      return this.#decode(logged.value)
    } catch (error) {
      if (!isBadData(error)) throw userCodeFailed(error, this.#where(logged, partition))
      this.#refuse(logged, partition, error)
      return null
    }
  }

  /** Each stage is asked for itself: a record without a key for one may have one for another. */
  #deliver(record: AnyRecord, logged: LogRecord, ordinal: number): void {
    const { delivery, origins } = this.#context
    this.#problem = null
    for (const consumer of this.#consumers) {
      try {
        delivery.fromSource(consumer, record, ordinal, this.#keepProblem)
      } catch (error) {
        if (!isBadData(error)) throw userCodeFailed(error, origins.where(ordinal))
        this.#problem ??= error
      }
    }
    if (this.#problem === null) this.rows++
    else this.#refuse(logged, origins.partition, this.#problem)
  }

  /** The first that is wrong with a record is what is told of it. */
  readonly #keepProblem = (error: unknown): void => {
    if (!isBadData(error)) throw error
    this.#problem ??= error
  }

  #where({ offset }: LogRecord, partition: number): string {
    return `${this.source.name} partition ${partition} offset ${offset}`
  }

  /** Bad data is the source's to judge. */
  #refuse(logged: LogRecord, partition: number, error: HeadwaterError): void {
    this.bad.refuse(logged, partition, userCodeFailed(error, this.#where(logged, partition)))
  }
}

/** Anything else, such as an exception in a map, stops the run by name. */
function isBadData(error: unknown): error is HeadwaterError {
  return error instanceof HeadwaterError && error.kind === 'data'
}
