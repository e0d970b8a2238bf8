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
  | { readonly read: Read; readonly kind: 'batch'; readonly batch: LogBatch }
  | { readonly read: Read; readonly kind: 'end' }
  | { readonly read: Read; readonly kind: 'failure'; readonly error: unknown }

/** One read of a source's log; of one source there may be several. */
interface Read {
  readonly source: string
  readonly iterator: AsyncIterator<LogBatch>
  /** Its next batch, while it is being waited for. */
  pending: Promise<void> | null
}

/** Several logs as one stream. */
export class LogFeed {
  readonly #reads = new Set<Read>()
  readonly #queue: Arrived[] = []
  #wakened = false
  #wake: (() => void) | null = null

  /** Begins to read. */
  constructor(logs: ReadonlyMap<string, AsyncIterable<LogBatch>>) {
    for (const [source, log] of logs) this.add(source, log)
  }

  /** Begins another read, of partitions that nobody reads yet. */
  add(source: string, log: AsyncIterable<LogBatch>): void {
    const read: Read = { source, iterator: log[Symbol.asyncIterator](), pending: null }
    this.#reads.add(read)
    this.#request(read)
  }

  /** Whether every log came to its end and everything was taken. */
  get ended(): boolean {
    return this.#reads.size === 0 && this.#queue.length === 0
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
      this.#request(arrived.read)
      return { source: arrived.read.source, batch: arrived.batch }
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
    const reads = [...this.#reads]
    this.#reads.clear()
    await Promise.allSettled(reads.map(async ({ iterator }) => iterator.return?.()))
    await Promise.allSettled(reads.map(async ({ pending }) => pending))
    this.#queue.length = 0
  }

  #request(read: Read): void {
    if (!this.#reads.has(read)) return
    const arrival = read.iterator.next().then(
      (result): Arrived =>
        result.done === true ? { read, kind: 'end' } : { read, kind: 'batch', batch: result.value },
      (error: unknown): Arrived => ({ read, kind: 'failure', error }),
    )
    read.pending = arrival.then(arrived => this.#arrive(arrived))
  }

  #arrive(arrived: Arrived): void {
    if (arrived.kind !== 'batch') this.#reads.delete(arrived.read)
    this.#queue.push(arrived)
    this.#wake?.()
  }
}
