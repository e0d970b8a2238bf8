/**
 * The log contract: partitions of numbered records. File log and Kafka stand behind it, and one contract suite runs on
 * every implementation. Offsets are whole numbers up to 2^53 − 1; every end is exclusive.
 */
import type { Offset, PartitionPositions } from '../record/position.ts'
import type { Field } from '../record/record.ts'

/** One partition as it stands now. */
export interface LogPartition {
  readonly partition: number
  /** The first record still there. */
  readonly earliest: Offset
  /** The end: the offset that the next record will get. Equal to `earliest` when empty. */
  readonly latest: Offset
}

/** A log as it stands now. */
export interface LogDescription {
  /** Where it is, for people: `file:log/purchases`. */
  readonly name: string
  /** Which log it is, for ever: a log that was deleted and made again has another. */
  readonly id: string
  /** By partition number. */
  readonly partitions: readonly LogPartition[]
}

/**
 * One record of a log. Key and value are what the log's decoding made of them, JSON values for the file log; what it could
 * not read is an `Undecodable` in their place.
 */
export interface LogRecord {
  readonly offset: Offset
  /** When the log took it, milliseconds since the epoch; null when it doesn't say. On Kafka the producer may have set it. */
  readonly time: number | null
  readonly key: unknown
  /** null for a tombstone. */
  readonly value: unknown
  readonly headers: Readonly<Record<string, string>> | null
}

/** Records of one partition in offset order. */
export interface LogBatch {
  readonly partition: number
  /** None where only the position moves, over numbers without records. */
  readonly records: readonly LogRecord[]
  /** The position after the batch; above the last offset + 1 where a log has numbers without records. */
  readonly next: Offset
}

/** What a reader looks at; the rest, headers too, may be left out. */
export interface ReadNeeds {
  /** Of values that are objects. */
  readonly fields: readonly string[]
  readonly keys: boolean
}

/** How to read. */
export interface LogReadOptions {
  /** Where to start, by partition; only these are read. */
  readonly from: PartitionPositions
  /** Where to stop, exclusive; reading ends when each partition is there. Without it reading waits for more, for ever. */
  readonly until?: PartitionPositions
  readonly signal?: AbortSignal
  /** At most so many records a batch. Default 4096. */
  readonly maxBatchRecords?: number
  /** What the reader looks at. Default: everything. */
  readonly needs?: ReadNeeds
  /** Told what goes wrong and is tried again. */
  readonly onWarning?: (text: string) => void
}

/** A log that can be read. Errors: `unavailable` when away, `data` when a record can't be decoded or a range is gone. */
export interface Log {
  describe(): Promise<LogDescription>
  /**
   * Where reading by time begins: of every partition the smallest offset whose record has a log time at or past `timeMs`,
   * whole milliseconds since the epoch, 0 or more; the end, as `describe` gives it, where there is none. Times may be in any
   * order: every record below that offset was taken before the instant, or at no known time, and records above it may have been,
   * too. A record that comes later gets an offset at or above. Errors: `invalid` `bad-time`; those of reading.
   */
  offsetsAt(timeMs: number): Promise<PartitionPositions>
  /** Batches as they come, each partition in order; partitions take turns. Ends quietly when the signal aborts. */
  read(options: LogReadOptions): AsyncIterable<LogBatch>
  /** What the log says its values are, where it keeps a schema; null when it has none. */
  fields?(): Promise<readonly Field[] | null>
  close(): Promise<void>
}
