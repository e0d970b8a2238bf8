/** Records of one partition as one Fetch brought them: whole batches, of which some are dropped, and of some a part. */
import type { Offset } from '../../record/position.ts'
import type { LogRecord } from '../log.ts'
import type { AbortedTransaction } from '../../kafka/responses.ts'
import { CommittedFilter } from '../../kafka/committed-filter.ts'
import type { Unpack } from '../../kafka/compression.ts'
import {
  batchHeader,
  BatchRecords,
  batchSize,
  isAbortMarker,
  packedRecords,
  recordPlace,
  type RecordPlace,
} from '../../kafka/record-batch.ts'

/** With what bytes become records. */
export interface RecordTools {
  readonly crc32c: (bytes: Buffer) => number
  readonly unpack: Unpack
}

/** Makes a record of the log of where its parts are; whose time it has is null where that is not known. */
export type MakeRecord = (place: RecordPlace, isLogAppendTime: boolean | null) => LogRecord

/** Gives records in order. Numbers without records (markers, aborted or compacted records) move `next` alone. */
export class RecordSet {
  /** The first record that was not given and not passed over. */
  next: Offset
  readonly #bytes: Buffer
  readonly #filter: CommittedFilter
  readonly #tools: RecordTools
  readonly #place = recordPlace()
  #at = 0
  #batch: BatchRecords | null = null

  constructor(bytes: Buffer, aborted: readonly AbortedTransaction[], from: Offset, tools: RecordTools) {
    this.#bytes = bytes
    this.#filter = new CommittedFilter(aborted)
    this.next = from
    this.#tools = tools
  }

  /** Bytes that are not read yet. */
  get bytesLeft(): number {
    return this.#bytes.length - this.#at
  }

  /**
   * Adds records below `until` to `records` until there are `max`; false when all of it was read, or `until` reached.
   * Errors: BatchFault, and what `make` throws: then the next call begins with the record that was not made.
   */
  take(records: LogRecord[], max: number, until: Offset, make: MakeRecord): boolean {
    while (records.length < max) {
      this.#batch ??= this.#openBatch()
      if (this.#batch === null) return false
      if (this.#takeOf(this.#batch, records, max, until, make)) continue
      this.#batch = null
      if (this.next >= until) return false
    }
    return true
  }

  /** False when the batch is over. */
  #takeOf(batch: BatchRecords, records: LogRecord[], max: number, until: Offset, make: MakeRecord): boolean {
    const place = this.#place
    const { isLogAppendTime, next: end } = batch.header
    let next = this.next
    while (records.length < max) {
      const found = batch.next(place)
      if (!found || place.offset >= until) {
        this.next = Math.max(next, Math.min(end, until))
        return false
      }
      if (place.offset < next) continue
      try {
        records.push(make(place, isLogAppendTime))
      } catch (error) {
        this.next = next
        batch.stepBack()
        throw error
      }
      next = place.offset + 1
    }
    this.next = next
    return true
  }

  /** The next batch that has records to give; passes over the others. Null at the end. */
  #openBatch(): BatchRecords | null {
    for (;;) {
      const size = batchSize(this.#bytes, this.#at)
      if (size === null) return null
      const header = batchHeader(this.#bytes, this.#at, size, this.#tools.crc32c)
      const records = (): BatchRecords => {
        const packed = packedRecords(this.#bytes, this.#at, size)
        return new BatchRecords(header, this.#tools.unpack(header.codec, packed))
      }
      const dropped = this.#filter.drops(header, () => {
        const place = recordPlace()
        return records().next(place) && isAbortMarker(place)
      })
      const open = dropped || header.next <= this.next ? null : records()
      this.#at += size
      if (open !== null) return open
      this.next = Math.max(this.next, header.next)
    }
  }
}
