/**
 * One reader's place in one partition: what was fetched and not handed out yet, and where to fetch next.
 * I1. Records below `next` were handed out, those from `next` to `fetchFrom` wait here, those above were not fetched.
 * I2. A fault drops what waits, and it is fetched again: nothing is handed out twice, and nothing is left out.
 */
import { badData, HeadwaterError, messageOf } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { AbortedTransaction } from '../../kafka/responses.ts'
import type { LogBatch, LogRecord } from '../log.ts'
import { WaitFor } from './format.ts'
import { BatchFault, endOfBatches } from '../../kafka/record-batch.ts'
import { RecordSet, type MakeRecord, type RecordTools } from './record-set.ts'

/** Faults at one place before the broker is believed to have nothing better. */
const mostFaults = 3

/** What a cursor reads. */
export interface CursorRange {
  readonly partition: number
  readonly from: Offset
  /** Exclusive; Infinity to go on for ever. */
  readonly until: Offset
}

/** Reads one partition in order. */
export class PartitionCursor {
  readonly partition: number
  readonly until: Offset
  /** Where the next Fetch begins. */
  fetchFrom: Offset
  /** Whether a Fetch at `fetchFrom` succeeded: from then on the log has to reach it. */
  reached = false
  /** Whether it is beyond the end, and waits a while before it is fetched again. */
  isHeld = false
  /** What stops reading once all that was fetched is handed out. */
  failure: HeadwaterError | null = null
  readonly #make: MakeRecord
  readonly #tools: RecordTools
  readonly #name: string
  #sets: RecordSet[] = []
  #next: Offset
  #faults = 0

  /** `name`: for messages. */
  constructor({ partition, from, until }: CursorRange, name: string, make: MakeRecord, tools: RecordTools) {
    this.partition = partition
    this.until = until
    this.fetchFrom = from
    this.#next = from
    this.#name = name
    this.#make = make
    this.#tools = tools
  }

  /** The first record not handed out. */
  get next(): Offset {
    return this.#next
  }

  get isDone(): boolean {
    return this.#next >= this.until
  }

  /** Whether there is more to fetch. */
  get isWanting(): boolean {
    return this.fetchFrom < this.until && this.failure === null
  }

  /** Bytes that wait. */
  get bytesWaiting(): number {
    return this.#sets.reduce((sum, set) => sum + set.bytesLeft, 0)
  }

  /** Takes in what a Fetch at `fetchFrom` brought. Errors: BatchFault where there is no whole batch in it. */
  add(bytes: Buffer, aborted: readonly AbortedTransaction[]): void {
    this.reached = true
    if (bytes.length === 0) return
    const end = endOfBatches(bytes)
    if (end === null || end <= this.fetchFrom) {
      throw new BatchFault(`${this.#name} offset ${this.fetchFrom}: ${bytes.length} bytes without a batch`)
    }
    this.#sets.push(new RecordSet(bytes, aborted, this.fetchFrom, this.#tools))
    this.fetchFrom = end
  }

  /**
   * At most `max` further records, none where only `next` moves; null when nothing waits. Errors: WaitFor; BatchFault,
   * after which what waited is to be fetched again; `data`, code `corrupt-batch`, when it came so several times; `failure`.
   */
  take(max: number): LogBatch | null {
    const before = this.#next
    const records: LogRecord[] = []
    try {
      while (records.length < max && this.#sets.length > 0 && !this.isDone) {
        const set = this.#sets[0] as RecordSet
        const more = set.take(records, max, this.until, this.#make)
        this.#next = Math.min(set.next, this.until)
        if (!more) this.#sets.shift()
      }
    } catch (error) {
      // What was made before stays in order: it is handed out, and the next call meets the same again.
      if (error instanceof WaitFor && records.length === 0) throw error
      if (!(error instanceof WaitFor)) throw this.#fault(error, before)
      this.#next = (this.#sets[0] as RecordSet).next
    }
    if (this.isDone) this.#sets = []
    if (this.#next === before) {
      if (this.failure !== null && this.#sets.length === 0) throw this.failure
      return null
    }
    this.#faults = 0
    return { partition: this.partition, records, next: this.#next }
  }

  #fault(error: unknown, next: Offset): unknown {
    if (error instanceof HeadwaterError) return error
    this.#sets = []
    this.#next = next
    this.fetchFrom = next
    if (++this.#faults < mostFaults)
      return error instanceof BatchFault ? error : new BatchFault(messageOf(error))
    return badData({
      code: 'corrupt-batch',
      thing: `${this.#name} offset ${next} or above`,
      expected: 'a whole record batch',
      found: `${messageOf(error)}, ${this.#faults} times`,
      remedy:
        'the log is damaged there, or what lies between damages it: check the broker’s disk (kafka-dump-log)',
      cause: error,
    })
  }
}
