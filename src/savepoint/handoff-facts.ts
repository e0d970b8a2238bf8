/**
 * What manifests keep of a handoff, for as long as anything descends from it: where live reading began, how a history without
 * offsets met its log, what was counted in which phase, and what somebody accepted against a refusal (L7).
 */
import type { Offset } from '../record/position.ts'

/** Something that a start would have been refused for, had nobody accepted it. Carried on by all that descends from it. */
export interface Accepted {
  /** The refusal's code: `holes`, `approximate`, … */
  readonly code: string
  /** `source purchases partition 2`, `state spend/total`. */
  readonly thing: string
  readonly found: string
  /** As it is written on the command line: `--accept-holes`. */
  readonly flag: string
  /** Wall time, milliseconds since the epoch. */
  readonly atMs: number
}

/** How a history without offsets meets its log: by time, the records that both have told apart by an id. */
export interface SourceOverlap {
  /** The field with the record's id; null where there is none, and records of both are applied twice. */
  readonly recordId: string | null
  /** Ids are known of the history's records from this event time on, inclusive; null where no record has one. */
  readonly idsFrom: number | null
  /** The log time at which reading began, milliseconds since the epoch; null before the log is read. */
  readonly cutMs: number | null
  /** By partition, the log's end when it was first read: what is below may be in the history. Null before. */
  readonly ends: readonly (readonly [partition: number, end: Offset])[] | null
}

/** A source that is read by its key got partitions, and somebody let it go on: from then on its keys are divided anew. */
export interface SourceGrowth {
  /** How many partitions its keys were divided among until then. */
  readonly count: number
  /** All that there were when the growth was taken in, the new ones too. Ascending by partition. */
  readonly partitions: readonly GrownPartition[]
}

/** A partition when its source grew. */
export interface GrownPartition {
  readonly partition: number
  /** The log's end: records below may be of keys that have moved. */
  readonly end: Offset
  /** The largest event time that was accepted of it until then; null before any. No clock of a key goes back behind it. */
  readonly runningMax: number | null
}

/** Live reading of one partition. */
export interface PartitionLive {
  /** The position at which it began. */
  readonly first: Offset
  /** What later starts left out, since the log had lost it and somebody accepted that: from, and end (exclusive). Ascending. */
  readonly gaps: readonly (readonly [from: Offset, end: Offset])[]
}

/** What was counted in one phase. */
export interface PhaseCounts {
  readonly rows: number
  /** Records that were there before, left out: by their position, in the overlap by their id. */
  readonly duplicates: number
  readonly late: number
}

/** The phases of a source: its history, the part of the log that history may hold too, and what comes after. */
export interface CountsByPhase {
  readonly history: PhaseCounts
  readonly overlap: PhaseCounts
  readonly live: PhaseCounts
}

/** Nothing counted yet. */
export const noCounts: PhaseCounts = { rows: 0, duplicates: 0, late: 0 }

/** Of both together. */
export function addedPhases(a: PhaseCounts, b: PhaseCounts): PhaseCounts {
  return { rows: a.rows + b.rows, duplicates: a.duplicates + b.duplicates, late: a.late + b.late }
}

/** The codes of what makes a state an approximation: records may be missing in it, or applied twice. */
export const approximateCodes: ReadonlySet<string> = new Set(['approximate', 'holes', 'gap'])

/** Whether something was accepted that makes what descends from it an approximation. */
export function isApproximate({ accepted = [] }: { readonly accepted?: readonly Accepted[] }): boolean {
  return accepted.some(({ code }) => approximateCodes.has(code))
}

/**
 * Whether every partition is at or past the end of the overlap, so that nobody asks for its ids any more. Partitions that are
 * not among these are other tasks'.
 */
export function isPassed(
  { ends }: SourceOverlap,
  partitions: readonly { readonly partition: number; readonly next: Offset | null }[],
): boolean {
  return ends !== null && isPassedAt(ends, partitions)
}

/** Whether all is read that the log had when the source grew. */
export function isGrownOver(
  growth: SourceGrowth,
  partitions: readonly { readonly partition: number; readonly next: Offset | null }[],
): boolean {
  return isPassedAt(
    growth.partitions.map(({ partition, end }) => [partition, end] as const),
    partitions,
  )
}

/** Partitions that are not among these are other tasks'. */
function isPassedAt(
  ends: readonly (readonly [partition: number, end: Offset])[],
  partitions: readonly { readonly partition: number; readonly next: Offset | null }[],
): boolean {
  const next = new Map(partitions.map(each => [each.partition, each.next]))
  return ends.every(([partition, end]) => {
    const reached = next.get(partition)
    return reached === undefined || (reached ?? -1) >= end
  })
}

/** The operator under which the ids of a source's overlap are filed; no name of a job's operator has a colon. */
export function overlapOperator(source: string): string {
  return `overlap:${source}`
}

/** Whether an operator keeps the ids of an overlap. */
export function isOverlap(uid: string): boolean {
  return uid.startsWith('overlap:')
}

/** The state of that operator, keyed by record id: the event time of the history's record, in the job's time unit. */
export const overlapState = 'time'

/** The key field of that operator. */
export const overlapKey = 'id'
