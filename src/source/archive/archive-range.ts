/** Which records an archive takes: per partition, from where it stands to the bound. Decided before anything is written. */
import { badData } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { LogBound } from '../log-bound.ts'
import type { Log, LogDescription, LogPartition } from '../log.ts'
import type { FieldInference } from './infer-fields.ts'
import { archiveGap } from './lost-range.ts'

/** What an archive holds of one partition: [start, next). */
export interface ArchivedRange {
  readonly start: Offset
  readonly next: Offset
}

/** The records [first, end) of one partition. */
export interface ArchiveRange {
  readonly partition: number
  /** Where the archive of the partition begins, which every file says: so a missing first one is noticed. */
  readonly start: Offset
  readonly first: Offset
  /** Exclusive; equal to `first` when there is nothing. */
  readonly end: Offset
  /** Whether the archive already says where it stands in this partition. */
  readonly known: boolean
  /** Where the archive stood, when the log has let go records from there up to `first`; null when it has not. */
  readonly lostFrom: Offset | null
}

/** What to do where the log has let go records that are not archived: refuse, or go on behind them and say so for ever. */
export type OnArchiveGap = 'fail' | 'earliest'

/**
 * The ranges by positions alone; a bound by time still has to be found (`survey`). Partitions that given positions do not
 * name are left out. Errors: `data` `gap` (the log was trimmed past the archive), `log-lost-records`.
 */
export function archiveRanges(
  log: LogDescription,
  archived: ReadonlyMap<number, ArchivedRange>,
  before: LogBound | undefined,
  onGap: OnArchiveGap,
): ArchiveRange[] {
  const bounds = before && 'positions' in before ? before.positions : null
  const wanted = log.partitions.filter(({ partition }) => bounds === null || bounds.has(partition))
  return wanted.map(state => {
    const { partition, earliest, latest } = state
    const there = archived.get(partition)
    const { start, next } = there ?? { start: earliest, next: earliest }
    checkReaches(log.name, state, next)
    const end = Math.max(next, Math.min(latest, bounds?.get(partition) ?? latest))
    const known = there !== undefined
    if (next >= earliest || end === next) return { partition, start, first: next, end, known, lostFrom: null }
    if (onGap === 'fail') throw archiveGap(log.name, partition, next, earliest)
    return { partition, start, first: earliest, end: Math.max(earliest, end), known, lostFrom: next }
  })
}

function checkReaches(log: string, { partition, latest }: LogPartition, archived: Offset): void {
  if (archived <= latest) return
  throw badData({
    code: 'log-lost-records',
    thing: `${log} partition ${partition}`,
    expected: `records up to ${archived}`,
    found: `up to ${latest}`,
    remedy: 'the log lost records that are archived: restore it, or go on with a new log',
  })
}

/** What a pass over the ranges is for; at least one of the two. */
export interface SurveyGoals {
  /** Cut each range before its first record that was not taken before this instant, or at no known time. */
  readonly timeMs: number | null
  /** Learns the fields of the values in the ranges. */
  readonly inference: FieldInference | null
  readonly signal?: AbortSignal
}

/** Reads the ranges once, before anything is written; gives them back, cut at the instant where one is given. */
export async function survey(
  log: Log,
  ranges: readonly ArchiveRange[],
  goals: SurveyGoals,
): Promise<ArchiveRange[]> {
  const cut: ArchiveRange[] = []
  for (const range of ranges) cut.push({ ...range, end: await surveyRange(log, range, goals) })
  return cut
}

async function surveyRange(
  log: Log,
  range: ArchiveRange,
  { timeMs, inference, signal }: SurveyGoals,
): Promise<Offset> {
  const { partition, first, end } = range
  if (first === end) return end
  const from = new Map([[partition, first]])
  const until = new Map([[partition, end]])
  for await (const { records } of log.read({ from, until, ...(signal && { signal }) })) {
    for (const { offset, time, value } of records) {
      if (timeMs !== null && !(time !== null && time < timeMs)) return offset
      inference?.add(value)
    }
  }
  return end
}
