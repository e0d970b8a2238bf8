/**
 * One partition's place in a read: what came of it and was not handed out yet.
 * I1. Messages below `next` were handed out, those from `next` to `fetched` wait here or hold no record, those above did
 *     not come.
 */
import type { Offset } from '../../record/position.ts'
import type { LogBatch, LogRecord } from '../log.ts'
import { WaitFor } from '../kafka/format.ts'
import type { MakeRecord } from '../kafka/record-set.ts'
import type { LibrdkafkaMessage } from './librdkafka.ts'
import { placeOf } from './message-place.ts'

/** Reads one partition in order. */
export class Lane {
  readonly partition: number
  readonly until: Offset
  /** Where the next message is expected, or above. */
  fetched: Offset
  /** Whether all there is has come. */
  isAtEnd = false
  /** Whether the log was seen to reach `fetched`. */
  reached = false
  readonly #make: MakeRecord
  #next: Offset
  #waiting: LibrdkafkaMessage[] = []
  #at = 0

  /** `until` is exclusive; Infinity to go on for ever. */
  constructor(partition: number, from: Offset, until: Offset, make: MakeRecord) {
    this.partition = partition
    this.until = until
    this.fetched = from
    this.#next = from
    this.#make = make
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.#waiting.length - this.#at
  }

  /** Whether nothing more is wanted of the client. */
  get isComplete(): boolean {
    return this.fetched >= this.until
  }

  get isDone(): boolean {
    return this.#next >= this.until
  }

  /** Takes in a message; one that came before, or lies beyond, is left out. */
  add(message: LibrdkafkaMessage): void {
    const { offset } = message
    if (offset < this.fetched || this.isComplete) return
    this.isAtEnd = false
    this.reached = true
    if (offset < this.until) this.#waiting.push(message)
    this.fetched = Math.min(offset + 1, this.until)
  }

  /** All below `offset` has come. */
  endsAt(offset: Offset): void {
    if (offset < this.fetched) return
    this.isAtEnd = true
    this.reached = true
    this.fetched = Math.min(offset, this.until)
  }

  /** At most `max` further records, none where only the position moves; null when nothing waits. */
  async take(max: number): Promise<LogBatch | null> {
    const records: LogRecord[] = []
    while (records.length < max && this.waiting > 0) {
      const made = await this.#record(records.length === 0)
      if (made === null) break
      records.push(made)
      this.#at++
    }
    const next = this.waiting > 0 ? (records.at(-1)?.offset ?? this.#next - 1) + 1 : this.fetched
    this.#forgetTaken()
    if (next === this.#next) return null
    this.#next = next
    return { partition: this.partition, records, next }
  }

  #forgetTaken(): void {
    if (this.waiting > 0 && this.#at < this.#waiting.length / 2) return
    this.#waiting = this.#waiting.slice(this.#at)
    this.#at = 0
  }

  /** The next record. Null where it has to wait for something, and need not. */
  async #record(mustWait: boolean): Promise<LogRecord | null> {
    const place = placeOf(this.#waiting[this.#at] as LibrdkafkaMessage)
    for (;;) {
      try {
        return this.#make(place, null)
      } catch (error) {
        if (!(error instanceof WaitFor)) throw error
        if (!mustWait) return null
        await error.ready
      }
    }
  }
}
