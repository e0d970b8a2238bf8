/**
 * Tells that a partition gives nothing because a transaction in it stays open: what lies behind it, committed or not, can't be
 * read before that ends. Producers that crashed leave such ones until they time out, an hour and more where they say so.
 */
import type { Clock } from '../../clock.ts'
import type { FetchedPartition } from '../../kafka/responses.ts'
import type { Offset } from '../../record/position.ts'

/** How long a partition may be held before that is told, and how long nothing more is said then. */
const [heldMs, silentMs] = [30_000, 60_000]

/** What it works with. */
export interface OpenTransactionsParts {
  readonly clock: Clock
  /** The log's name. */
  readonly name: string
  readonly onWarning?: ((text: string) => void) | undefined
}

/** Of one reader. */
export class OpenTransactions {
  readonly #parts: OpenTransactionsParts
  /** Partitions that are held: where, and since when. */
  readonly #held = new Map<number, { readonly at: Offset; readonly sinceMs: number }>()
  #toldMs = -Infinity

  constructor(parts: OpenTransactionsParts) {
    this.#parts = parts
  }

  /** To be told of every answer without an error; `from`: where that Fetch began. */
  saw({ partition, lastStable, highWatermark }: FetchedPartition, from: Offset): void {
    if (from < lastStable || lastStable >= highWatermark) {
      this.#held.delete(partition)
      return
    }
    const { clock, name, onWarning } = this.#parts
    const now = clock.monotonicMs()
    const known = this.#held.get(partition)
    const { sinceMs } = known?.at === lastStable ? known : { sinceMs: now }
    this.#held.set(partition, { at: lastStable, sinceMs })
    if (now - sinceMs < heldMs || now - this.#toldMs < silentMs) return
    this.#toldMs = now
    const others = this.#held.size === 1 ? '' : `, as some of ${this.#held.size - 1} other partitions do`
    onWarning?.(
      `${name} partition ${partition}: offsets ${lastStable} to ${highWatermark - 1} wait for ${Math.round((now - sinceMs) / 1000)} s ` +
        `for a transaction that is still open${others}; they are read when its producer ends it, or it times out`,
    )
  }
}
