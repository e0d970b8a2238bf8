/**
 * The records that one batch of a log brought in: what every row of every stage that they cause needs to know of its
 * cause. Indexed by ordinal, the record's number in the batch.
 */
import type { EventTime, Watermark } from '../record/event-time.ts'
import type { Offset } from '../record/position.ts'
import type { StageClock } from '../record/stage-clock.ts'
import type { LogRecord } from '../source/log.ts'

/** The causes of a batch's rows. One object, filled again for each batch. */
export class Origins {
  source = ''
  partition = 0
  readonly offsets: Offset[] = []
  /** Event times, NaN where the source declares none. */
  readonly #times: EventTime[] = []
  readonly #clocks: readonly StageClock[]
  /** For each clock: what it showed before each record. */
  readonly #before: readonly Watermark[][]

  constructor(clocks: readonly StageClock[]) {
    this.#clocks = clocks
    this.#before = clocks.map(() => [])
  }

  /** Forgets the last batch. */
  begin(source: string, partition: number): void {
    this.source = source
    this.partition = partition
    this.offsets.length = 0
    this.#times.length = 0
    for (const before of this.#before) before.length = 0
  }

  /** Takes in a record with the clocks as they are before it, and gives its ordinal. */
  add({ offset, key }: Pick<LogRecord, 'offset' | 'key'>, time: EventTime | null): number {
    this.#times.push(time ?? NaN)
    const clocks = this.#clocks
    for (let i = 0; i < clocks.length; i++) {
      const clock = clocks[i] as StageClock
      ;(this.#before[i] as Watermark[]).push(clock.at(this.source, this.partition, key))
    }
    return this.offsets.push(offset) - 1
  }

  time(ordinal: number): EventTime | null {
    const time = this.#times[ordinal] as EventTime
    return Number.isNaN(time) ? null : time
  }

  watermark(clock: number, ordinal: number): Watermark {
    return (this.#before[clock] as Watermark[])[ordinal] as Watermark
  }

  /** For messages: `purchases partition 2 offset 17`. */
  where(ordinal: number): string {
    return `${this.source} partition ${this.partition} offset ${this.offsets[ordinal] as Offset}`
  }
}
