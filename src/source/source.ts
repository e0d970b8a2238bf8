/** Sources: one named stream of records with a schema and an event time; it has a history and a log. */
import type { Schema } from '../record/record.ts'
import type { ValueOf } from '../record/type.ts'
import type { Partitioner } from '../codec/partitioner.ts'

/** What happens to records that can't be used: stop the run, count and skip, or count, skip and keep beside the savepoint. */
export type BadRecords = 'stop' | 'skip' | 'keep'

/** Names of the fields whose value may be a time; that it is a timestamp or a date is checked when declared. */
export type TimeField<S extends Schema> = {
  [F in keyof S]: ValueOf<S[F]> extends number | bigint | null ? F : never
}[keyof S] &
  string

/** What a source is, beside its name. Durations are milliseconds. */
export interface SourceOptions<S extends Schema> {
  /** The fields that the job uses; nothing else is read. */
  readonly schema: S
  /** The field with the event time: a timestamp or a date. Without it records have no time and move no watermark. */
  readonly eventTime?: TimeField<S>
  /** How far a record may be behind the newest one of its partition before it counts as late. Default 0. */
  readonly outOfOrdernessMs?: number
  /**
   * All records of a key are in one partition, so its clock is that partition's. Checked within a history and within a
   * run; a key that moves between them is not noticed, but for a changed number of partitions, which stops the start.
   * Default false.
   */
  readonly partitionedByKey?: boolean
  /**
   * Which partition a message key goes to. Several tasks may share a job only where a sample of each partition agrees with it.
   * Default `murmur2`.
   */
  readonly partitioner?: Partitioner
  /** A record whose event time is more than this ahead of its log time is bad. Default: no limit. */
  readonly maxAheadMs?: number
  /** A record whose event time is at or past this instant (milliseconds since the epoch) is bad where it has no log time. */
  readonly maxEventTimeMs?: number
  /**
   * How far the log is gone back at the handoff when history carries no offsets: its watermarks are set back by it, and where no
   * cut is given the log is read from so long before the history's newest event time. Default 0.
   */
  readonly handoffLatenessMs?: number
  /**
   * The field that tells one record from all others, of a type that a key may have, never null; the source has an event time.
   * Where history carries no offsets and no cut is given, it tells which records of the log the history has.
   */
  readonly recordId?: keyof S & string
  /** Default `stop`. */
  readonly badRecords?: BadRecords
}

/** A declared source; its name is a literal type, so that a wrong name in `history` or `log` does not compile. */
export interface Source<N extends string = string, S extends Schema = Schema> {
  readonly name: N
  readonly schema: S
  /** Name of the field with the event time; null when records have none. */
  readonly eventTime: string | null
  readonly outOfOrdernessMs: number
  readonly partitionedByKey: boolean
  readonly partitioner: Partitioner
  readonly maxAheadMs: number | null
  readonly maxEventTimeMs: number | null
  readonly handoffLatenessMs: number
  /** Name of the field with the record's id; null when records have none. */
  readonly recordId: string | null
  readonly badRecords: BadRecords
}
