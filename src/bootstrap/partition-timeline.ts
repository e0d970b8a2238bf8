/**
 * The watermark steps of one partition of history: where its running maximum rose, in offset order. Every accepted time
 * counts, also of records that are filtered out or have no key; so pruning never moves a watermark.
 */
import type { EventTime } from '../record/event-time.ts'
import { countBelow, type Timeline } from './timeline.ts'

/** A growing array of doubles. */
class Doubles {
  #values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) this.#grow()
    this.#values[this.length++] = value
  }

  view(): Float64Array {
    return this.#values.subarray(0, this.length)
  }

  #grow(): void {
    const grown = new Float64Array(this.#values.length * 2)
    grown.set(this.#values)
    this.#values = grown
  }
}

/** Collects (sequence, time) pairs in any order, then answers for the running maximum at any sequence number. */
export class PartitionTimeline implements Timeline {
  readonly source: number
  readonly partition: number
  readonly outOfOrderness: number
  readonly #sequences = new Doubles()
  readonly #times = new Doubles()
  #ordered = true
  #last = -Infinity
  #stepSequences: Float64Array = new Float64Array(0)
  #stepMaxima: Float64Array = new Float64Array(0)
  /** Records at or below their partition's watermark when they came; known once sealed. */
  lateCount = 0

  /** `outOfOrderness` in the job's time unit. */
  constructor(source: number, partition: number, outOfOrderness: number) {
    this.source = source
    this.partition = partition
    this.outOfOrderness = outOfOrderness
  }

  /** `sequence`: the record's offset. */
  add(sequence: number, time: EventTime): void {
    if (sequence < this.#last) this.#ordered = false
    this.#last = sequence
    this.#sequences.push(sequence)
    this.#times.push(time)
  }

  /** Turns what was collected into steps, once all is there. */
  seal(): void {
    const { sequences, times } = this.#inOrder()
    const stepSequences = new Doubles()
    const stepMaxima = new Doubles()
    let max = -Infinity
    for (let i = 0; i < times.length; i++) {
      const time = times[i] as number
      if (time <= max - this.outOfOrderness - 1) this.lateCount++
      if (time <= max) continue
      max = time
      stepSequences.push(sequences[i] as number)
      stepMaxima.push(time)
    }
    this.#stepSequences = stepSequences.view().slice()
    this.#stepMaxima = stepMaxima.view().slice()
    this.#release()
  }

  /** The running maximum after everything; null when no record had a time. */
  get finalMax(): EventTime | null {
    return this.#stepMaxima.at(-1) ?? null
  }

  /** The distinct running maxima, ascending. */
  get maxima(): Float64Array {
    return this.#stepMaxima
  }

  /** The running maximum including the record at `sequence`; −Infinity before any. */
  maxAt(sequence: number): EventTime {
    return this.#stepMaxima[countBelow(this.#stepSequences, sequence, true) - 1] ?? -Infinity
  }

  /** The running maximum before the record at `sequence`; −Infinity before any. */
  before(_max: EventTime, sequence: number): EventTime {
    return this.#stepMaxima[countBelow(this.#stepSequences, sequence, false) - 1] ?? -Infinity
  }

  #inOrder(): { sequences: Float64Array; times: Float64Array } {
    const sequences = this.#sequences.view()
    const times = this.#times.view()
    if (this.#ordered) return { sequences, times }
    const order = Uint32Array.from(sequences, (_, i) => i).sort((a, b) => sequences[a]! - sequences[b]!)
    return {
      sequences: Float64Array.from(order, i => sequences[i]!),
      times: Float64Array.from(order, i => times[i]!),
    }
  }

  #release(): void {
    const empty = new Doubles()
    Object.assign(this.#sequences, empty)
    Object.assign(this.#times, empty)
  }
}
