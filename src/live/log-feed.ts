/**
 * Batches of all sources in the order in which they arrive. While one batch is being applied each log may prepare one
 * more, so memory is bounded by two batches a source, and a slow sink holds the logs back.
 *
 * I1. No promise of a log is ever left without a handler: a failure waits in the queue like a batch.
 * I2. One idle source never keeps the others waiting.
 */
import type { LogBatch } from '../source/log.ts'

/** What arrived. */
export interface Arrival {
  readonly source: string
  readonly batch: LogBatch
}

type Arrived =
  | { readonly source: string; readonly kind: 'batch'; readonly batch: LogBatch }
  | { readonly source: string; readonly kind: 'end' }
  | { readonly source: string; readonly kind: 'failure'; readonly error: unknown }

/** Several logs as one stream. */
export class LogFeed {
  readonly #iterators = new Map<string, AsyncIterator<LogBatch>>()
  readonly #pending = new Map<string, Promise<void>>()
  readonly #queue: Arrived[] = []
  #wakened = false
  #wake: (() => void) | null = null

  /** Begins to read. */
  constructor(logs: ReadonlyMap<string, AsyncIterable<LogBatch>>) {
    for (const [source, log] of logs) {
      this.#iterators.set(source, log[Symbol.asyncIterator]())
      this.#request(source)
    }
  }

  /** Whether every log came to its end and everything was taken. */
  get ended(): boolean {
    return this.#iterators.size === 0 && this.#queue.length === 0
  }

  /** The next batch; null when there is none any more, or `wake` was called. Throws what a log threw. */
  async next(): Promise<Arrival | null> {
    for (;;) {
      const arrived = this.#queue.shift()
      if (arrived === undefined) {
        if (this.#wakened || this.ended) break
        await new Promise<void>(resolve => (this.#wake = resolve))
        continue
      }
      if (arrived.kind === 'failure') throw arrived.error
      if (arrived.kind === 'end') continue
      this.#request(arrived.source)
      return arrived
    }
    this.#wakened = false
    return null
  }

  /** Makes a waiting `next` answer, and the next one where nobody waits and nothing is there. */
  wake(): void {
    this.#wakened = true
    this.#wake?.()
  }

  /** Ends all reading; waits until the logs let go. */
  async close(): Promise<void> {
    const iterators = [...this.#iterators.values()]
    this.#iterators.clear()
    await Promise.allSettled(iterators.map(async iterator => iterator.return?.()))
    await Promise.allSettled(this.#pending.values())
    this.#queue.length = 0
  }

  #request(source: string): void {
    const iterator = this.#iterators.get(source)
    if (!iterator) return
    const arrival = iterator.next().then(
      (result): Arrived =>
        result.done === true ? { source, kind: 'end' } : { source, kind: 'batch', batch: result.value },
      (error: unknown): Arrived => ({ source, kind: 'failure', error }),
    )
    this.#pending.set(
      source,
      arrival.then(arrived => this.#arrive(arrived)),
    )
  }

  #arrive(arrived: Arrived): void {
    if (arrived.kind !== 'batch') this.#iterators.delete(arrived.source)
    this.#queue.push(arrived)
    this.#wake?.()
  }
}
