/**
 * The handoff as plain data: what a run would read and keep when it goes on from a savepoint, and everything that
 * speaks against it (L7). Made by plan.ts without reading anything, printed by `headwater plan`, obeyed by `run`, and
 * stored in the first manifest of a run.
 */
import type { JobTimeUnit } from '../record/event-time.ts'
import type { Offset } from '../record/position.ts'
import type { Accepted, SourceGrowth, SourceOverlap } from '../savepoint/handoff-facts.ts'
import type { LogSample } from './log-sample.ts'

/** What stops a start. Each code has its remedy in the refusal. */
export type RefusalCode =
  /** The log was trimmed past the cut: records are missing for ever. */
  | 'gap'
  /** The log has another id than the one that the positions belong to. */
  | 'log-recreated'
  /** A position lies beyond the log's end: records that were applied are not in it. */
  | 'past-end'
  | 'partition-vanished'
  /** A partition that the savepoint does not know. */
  | 'new-partition'
  /** The same, where a source declares `partitionedByKey`: its keys are divided anew, and some have moved. */
  | 'partition-count-changed'
  /** History and log meet in time, and nothing tells the records of both apart. */
  | 'approximate'
  /** The ids that tell the records of history and log apart are of another field. */
  | 'record-id-changed'
  /** A field of the log's first records is missing, or of another type than in the history. */
  | 'schema-mismatch'
  /** A flag gives a time for a source whose cut is known without it. */
  | 'cut-known'
  /** The history carries no positions and no cut was given, or one that leaves the partition out. */
  | 'no-cut'
  /** Offsets below the cut, from the log's beginning on, that the history does not have. */
  | 'holes'
  /** State in the savepoint that no operator of the job declares. */
  | 'unclaimed-state'
  /** State that an operator declares and the savepoint does not have. */
  | 'missing-state'
  | 'key-schema-changed'
  | 'key-groups-changed'
  | 'state-schema-changed'
  | 'state-kind-changed'
  /** The job reads a source that the savepoint does not know. */
  | 'source-missing'
  /** The savepoint has positions of a source that the job does not read. */
  | 'source-unclaimed'
  | 'time-unit-changed'
  /** A flag names a state that the job does not declare. */
  | 'unknown-state'

/** One reason not to start. */
export interface Refusal {
  readonly code: RefusalCode
  /** `source purchases partition 2`, `state spend/total`. */
  readonly thing: string
  readonly expected: string
  readonly found: string
  /** What to do; where a flag accepts it, the flag as it is written on the command line. */
  readonly remedy: string
}

/** A refusal that a flag accepts, or accepted on the way here. */
export interface AcceptedRefusal extends Omit<Accepted, 'atMs'> {
  /** When it was accepted, milliseconds since the epoch; null: by the start that is planned. */
  readonly atMs: number | null
}

/** What becomes of one partition: it is read from `next`, from its beginning since it is new, or it is refused. */
export type PartitionVerdict = 'ready' | 'from its beginning' | RefusalCode

/** One partition of one source. */
export interface PartitionPlan {
  readonly partition: number
  /** The last offset in the history; null where it had none. */
  readonly lastInHistory: Offset | null
  /** The first record to read; null where that is not known. */
  readonly next: Offset | null
  /** The first record in the log; null where the partition is gone. */
  readonly earliest: Offset | null
  /** The log's end, exclusive; null where the partition is gone. */
  readonly latest: Offset | null
  /** `latest − next`. */
  readonly toDo: number | null
  /** The largest accepted event time so far, with which the live run goes on; null before any. */
  readonly runningMax: number | null
  readonly verdict: PartitionVerdict
}

/** One source. */
export interface SourcePlan {
  readonly source: string
  readonly log: { readonly id: string; readonly name: string } | null
  /** The order in which the history was folded. */
  readonly order: 'schedule' | 'event-time' | 'none'
  /** Where the positions come from: the history's offsets, a cut that was given, its newest event time, or a checkpoint of a live run. */
  readonly cut: 'offsets' | 'given' | 'time' | 'checkpoint' | 'none'
  /** Of a cut by time: how the records of history and log are told apart, and how far; else null. */
  readonly overlap: SourceOverlap | null
  /** Ascending by partition. */
  readonly partitions: readonly PartitionPlan[]
  /** How often it got partitions while it was read by its key, this start included; absent where it never did. */
  readonly growths?: readonly SourceGrowth[]
}

/** One state of one operator: kept, left behind with a flag, or begun empty with a flag. */
export interface StatePlan {
  readonly uid: string
  readonly state: string
  readonly action: 'claimed' | 'dropped' | 'fresh' | 'refused'
}

/** The whole handoff. */
export interface HandoffPlan {
  readonly job: string
  readonly graphDigest: string
  /** What it goes on from. */
  readonly from: { readonly kind: string; readonly number: number; readonly manifestDigest: string }
  /** Whether the job's graph is another one than the savepoint was made with. */
  readonly graphChanged: boolean
  readonly timeUnit: JobTimeUnit
  /**
   * L10: `any` where every key has one partition and one clock, so that every schedule of the live records gives the
   * same; `canonical` where the live run equals one that took the records below the cut in the canonical schedule; `moved`
   * where it is `any` but for keys that moved to another partition, until all is read that was there when they did.
   */
  readonly schedule: 'any' | 'canonical' | 'moved'
  readonly sources: readonly SourcePlan[]
  readonly states: readonly StatePlan[]
  /** The clock of each stage in the job's time unit; null where it has none yet. */
  readonly clocks: readonly { readonly stage: string; readonly clock: number | null }[]
  /** What was accepted on the way to what it goes on from, and by this start; recorded in all that descends from it. */
  readonly accepted: readonly AcceptedRefusal[]
  /** Whether something of that makes the state an approximation: records may be missing in it, or applied twice. */
  readonly approximate: boolean
  /** What the first records of each log look like; absent where nobody looked. */
  readonly samples?: readonly LogSample[]
  /** Empty when the run may start. */
  readonly refusals: readonly Refusal[]
  readonly ok: boolean
}

/** What accepts a refusal. */
export interface HandoffFlags {
  /** `earliest`: partitions that the savepoint does not know are read from their beginning. Default: refused. */
  readonly newPartitions?: 'earliest' | undefined
  /** States of the savepoint that are left behind: `UID/STATE`. */
  readonly drop?: readonly string[] | undefined
  /** Declared states that begin empty: `UID/STATE`. */
  readonly fresh?: readonly string[] | undefined
  /** Takes a history with missing offsets for whole. Default false. */
  readonly acceptHoles?: boolean | undefined
  /**
   * `earliest`: where the log lost records between the position and its beginning, they are left out, and what descends from
   * the start says so for ever. Default `fail`: refused.
   */
  readonly onGap?: 'fail' | 'earliest' | undefined
  /**
   * Where history carries no offsets and no cut was given: by source, the newest time of the history, milliseconds since the epoch.
   * Default: its newest event time.
   */
  readonly cutTimes?: Readonly<Record<string, number>> | undefined
  /** Meets a history without offsets and record ids by time, and applies the records twice that both have. Default false. */
  readonly approximate?: boolean | undefined
}
