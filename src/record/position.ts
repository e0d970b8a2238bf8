/** Positions: where reading stands. A position is the first record NOT yet applied (L5), everywhere. */
import type { EventTime } from './event-time.ts'

/** A place in one partition: a whole number from 0 to 2^53 − 1. */
export type Offset = number

/** The first record not yet applied, by partition number. */
export type PartitionPositions = ReadonlyMap<number, Offset>

/** How far a partition's event time has come. */
export interface PartitionTime {
  readonly partition: number
  /** The largest accepted event time, in the job's time unit; null before any. */
  readonly runningMax: EventTime | null
}
