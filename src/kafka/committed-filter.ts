/**
 * Reading what is committed: records of aborted transactions are passed over. The broker says with each Fetch which
 * transactions in it were aborted, as (producer, first offset); each ends at the producer's next abort marker. The
 * way of Kafka's Java consumer: ranges are opened in the order of their offsets, and closed by markers.
 */
import type { AbortedTransaction } from './responses.ts'
import type { BatchHeader } from './record-batch.ts'

/** What of one fetched piece of a partition was aborted; to be asked batch by batch, in order. */
export class CommittedFilter {
  readonly #aborted: readonly AbortedTransaction[]
  #opened = 0
  readonly #open = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#aborted = aborted.length < 2 ? aborted : aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the records of a batch are to be passed over. Control batches always are; `isAbort` is asked of one. */
  drops(header: BatchHeader, isAbort: () => boolean): boolean {
    this.#openUpTo(header.next)
    if (header.isControl) {
      if (isAbort()) this.#open.delete(header.producerId)
      return true
    }
    return header.isTransactional && this.#open.has(header.producerId)
  }

  #openUpTo(next: number): void {
    for (; this.#opened < this.#aborted.length; this.#opened++) {
      const { firstOffset, producerId } = this.#aborted[this.#opened] as AbortedTransaction
      if (firstOffset >= next) return
      this.#open.add(producerId)
    }
  }
}
