/**
 * The bounded driver: a job over its whole past, in one savepoint. This file is what callers see; bounded-run.ts does it.
 * It is imported only when called, so that a job file, which imports the whole library, costs a live run nothing.
 */
import type { Clock } from '../clock.ts'
import type { HistoryOf, Job } from '../job/job.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { OnBootstrapProgress } from './progress.ts'

/** Positions at which history ends, by source and partition: the first offset that is not history. */
export type Positions = Readonly<Record<string, Readonly<Record<number, number>>>>

/** What a bounded run is given. */
export interface BootstrapOptions<J extends Job> {
  /** A history for each source of the job. */
  readonly history: HistoryOf<J>
  /** The folder of the new savepoint; it must not exist, or be empty. */
  readonly into: string
  /** The cut, for histories without log positions, or to end earlier than they do. Default: derived from the history. */
  readonly cut?: Positions
  /**
   * `schedule`: rows with log positions are folded in the order in which a live run would have met them.
   * `event-time`: all rows in the order of their event time, for archives whose disorder should not count as lateness.
   * Default `schedule`; rows without positions are always ordered by event time.
   */
  readonly order?: 'schedule' | 'event-time'
  readonly onProgress?: OnBootstrapProgress
  /** Ends the run; what it wrote is removed. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/**
 * Runs the job over its history and commits the state as a savepoint.
 * Errors: `invalid` (a source without history, a foreign folder, a failing operator), `data` (rows that can't be used, where
 * the source says stop; corrupt files), `conflict` (a savepoint is there already; a file changed), `unavailable` (I/O).
 */
export async function bootstrap<J extends Job>(job: J, options: BootstrapOptions<J>): Promise<Savepoint> {
  const { boundedRun } = await import('./bounded-run.ts')
  return boundedRun(job, options)
}
