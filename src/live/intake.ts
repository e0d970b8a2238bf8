/**
 * Takes the records of one source in: decodes them, checks their times, shows each the clocks as they were before it,
 * hands it to the stages, and moves the clocks.
 *
 * I1. Every record is counted as applied or as bad; one whose key alone is bad counts as both, since its time counts.
 * I2. An accepted time moves the watermark, whether or not its record reaches a stage; the time of a refused one does not.
 */
import type { HeadwaterError } from '../errors.ts'
import { userCodeFailed } from '../job/stage-input.ts'
import type { EventTime } from '../record/event-time.ts'
import type { AnyRecord } from '../record/record.ts'
import type { SourceTimes } from '../record/stage-clock.ts'
import type { LogBatch, LogRecord } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import { BadRecords } from './bad-records.ts'
import type { Delivery } from './delivery.ts'
import type { Consumer } from './flow.ts'
import type { Origins } from './origins.ts'
import { timeCheck, type TimeCheck } from './time-check.ts'
import { eventTimeReader, type JobTimes } from './times.ts'

/** From a log's value to a record of the source; throws `data` when it is none. */
export type DecodeRecord = (value: unknown) => AnyRecord

/** What all intakes of a run share. */
export interface IntakeContext {
  readonly times: JobTimes
  readonly origins: Origins
  readonly delivery: Delivery
}

/** One source of a live run. */
export class Intake {
  readonly source: Source
  readonly bad: BadRecords
  /** Records that were usable. */
  rows = 0
  /** Records at or below their partition's watermark; they are applied. */
  late = 0
  readonly #consumers: readonly Consumer[]
  readonly #decode: DecodeRecord
  readonly #context: IntakeContext
  readonly #sourceTimes: SourceTimes
  readonly #timeOf: ((record: AnyRecord) => EventTime | null) | null
  readonly #check: TimeCheck

  constructor(source: Source, consumers: readonly Consumer[], decode: DecodeRecord, context: IntakeContext) {
    this.source = source
    this.bad = new BadRecords(source)
    this.#consumers = consumers
    this.#decode = decode
    this.#context = context
    this.#sourceTimes = context.times.sources.get(source.name) as SourceTimes
    this.#timeOf = eventTimeReader(source, context.times.unit)
    this.#check = timeCheck(source, context.times.unit)
  }

  /** Takes a batch in; its rows then wait in the buffers of the stages. */
  take({ partition, records }: LogBatch): void {
    this.#context.origins.begin(this.source.name, partition)
    for (let i = 0; i < records.length; i++) this.#takeRecord(records[i] as LogRecord, partition)
  }

  #takeRecord(logged: LogRecord, partition: number): void {
    const { origins, times } = this.#context
    const record = this.#decoded(logged, partition)
    if (record === null) return
    const time = this.#timeOf === null ? null : this.#timeOf(record)
    if (this.#timeOf !== null) {
      const problem = this.#check(time, logged.time)
      if (problem !== null) return this.#refuse(logged, partition, problem)
      if ((time as EventTime) <= this.#sourceTimes.watermark(partition)) this.late++
    }
    this.rows++
    this.#deliver(record, logged, origins.add(logged.offset, time))
    if (time !== null) times.advance(this.#sourceTimes, partition, time)
  }

  #decoded(logged: LogRecord, partition: number): AnyRecord | null {
    try {
      return this.#decode(logged.value)
    } catch (error) {
      this.#refuse(logged, partition, error)
      return null
    }
  }

  /** Each stage is asked for itself: a record without a key for one may have one for another. */
  #deliver(record: AnyRecord, logged: LogRecord, ordinal: number): void {
    const { delivery, origins } = this.#context
    for (const consumer of this.#consumers) {
      try {
        delivery.fromSource(consumer, record, ordinal)
      } catch (error) {
        this.#refuse(logged, origins.partition, error)
      }
    }
  }

  /** Bad data is the source's to judge; anything else, such as an exception in a map, stops the run by name. */
  #refuse(logged: LogRecord, partition: number, error: unknown): void {
    const where = `${this.source.name} partition ${partition} offset ${logged.offset}`
    const named: HeadwaterError = userCodeFailed(error, where)
    if (named.kind !== 'data') throw named
    this.bad.refuse(logged, partition, named)
  }
}
