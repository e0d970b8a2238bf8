/**
 * The live driver: a job goes on from a savepoint on its logs, in batches, with periodic checkpoints.
 *
 * Who owns what:
 *   run.ts         one run from start to stop · beginning.ts what it goes on from · log-feed.ts batches of all logs
 *   live-job.ts    one batch through intake, stages and sinks · intake.ts a source's records, checked and timed
 *   delivery.ts    rows and emissions to the stages that take them · stage-runner.ts one stage (L1)
 *   live-table.ts  keys in memory · live-state.ts what is stored of all keys, and new layers
 *   checkpointer.ts state, clocks, positions and sinks of one instant in one commit (L3, L4)
 *   transactions.ts, settled-start.ts where the commit is a transaction that also holds the outputs (TRANSACTIONS.md)
 *
 * R1. Nothing is applied before the run's first manifest, which holds the plan, is committed: it fences a former owner.
 * R2. A checkpoint is taken between two batches, when no row and no emission is under way.
 * R3. After an error nothing is committed any more: the last checkpoint stays whole, and a new run goes on from it.
 * R4. However a run ends, its logs, sinks and files are closed and no promise is left unheard.
 */
import type { Clock } from '../clock.ts'
import type { HandoffFlags, HandoffPlan } from '../handoff/handoff.ts'
import type { Job, LogsOf, SinksOf } from '../job/job.ts'
import type { Offset } from '../record/position.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { TaskOption } from './tasks.ts'

/** What a live run is given. */
export interface RunOptions<J extends Job> extends HandoffFlags {
  /**
   * The savepoint that the job begins with: what `bootstrap` gave, or the path of a savepoint folder, a folder of
   * checkpoints, or a manifest. It counts only where `checkpoints` holds none; where the newest one there descends from
   * it, the run simply goes on. Without it the run continues the newest checkpoint.
   */
  readonly from?: string | Savepoint | undefined
  /** A log for each source of the job; the run closes them. */
  readonly log: LogsOf<J>
  /** A sink for each name of the job. */
  readonly sinks: SinksOf<J>
  /** The folder of checkpoints, made if needed; of one job alone. */
  readonly checkpoints: string
  /** The time between two checkpoints, milliseconds. Default 10,000; 0: after every batch. */
  readonly checkpointEveryMs?: number | undefined
  /** Stop, with a savepoint, at the ends that the logs have at the start. Default: go on until the signal. */
  readonly untilEnd?: boolean | undefined
  /** Stops the run cleanly, with a savepoint. */
  readonly signal?: AbortSignal | undefined
  /** Told the plan before it is obeyed or refused. */
  readonly onPlan?: ((plan: HandoffPlan) => void) | undefined
  /** Told every `progressEveryMs`, and once at the end. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined
  /** Default 2,000. */
  readonly progressEveryMs?: number | undefined
  /** At most so many records a batch. Default 4,096. */
  readonly maxBatchRecords?: number | undefined
  /** Above so many keys a stage, those that were not used for longest leave memory after a checkpoint. Default 1,000,000. */
  readonly maxResidentKeys?: number | undefined
  /** So many of the newest checkpoints stay; at least 1. Default 3. */
  readonly keep?: number | undefined
  /** Checkpoints younger than this stay too, milliseconds. Default 3,600,000. */
  readonly keepForMs?: number | undefined
  /**
   * This run is one of several tasks, each a run of its own on the same folder of checkpoints; partition p of every source belongs
   * to task p mod count. Default: one task does all.
   */
  readonly task?: TaskOption | undefined
  /**
   * By sink: the state, `UID/STATE`, whose entries it is given once when the run begins with a savepoint, before anything
   * else: the key's fields, a list's index or a map's key, and the value under the state's name. For compacted topics.
   */
  readonly emitState?: Readonly<Record<string, string>> | undefined
  /** Default: the machine's. */
  readonly clock?: Clock | undefined
}

/** What was counted of a source in this run. */
export interface SourceProgress {
  readonly source: string
  /** Records applied. */
  readonly records: number
  /** Records at or below their partition's watermark; they are applied. */
  readonly late: number
  /** Records that could not be used. */
  readonly bad: number
  readonly partitions: readonly PartitionProgress[]
}

/** How far one partition is. */
export interface PartitionProgress {
  readonly partition: number
  /** The first record not yet applied. */
  readonly next: Offset
  /** Records still to be read, by the end that the log had a moment ago; null when the log did not answer. */
  readonly lag: number | null
  /** In the job's time unit; null before any. */
  readonly watermark: number | null
}

/** Where a run stands. */
export interface RunProgress {
  readonly elapsedMs: number
  /** Records applied, of all sources, in this run. */
  readonly records: number
  /** Records that operators emitted. */
  readonly emitted: number
  readonly late: number
  readonly bad: number
  readonly residentKeys: number
  /** The newest checkpoint's number. */
  readonly checkpoint: number
  readonly sources: readonly SourceProgress[]
  /** What failed beside the work and harms no result, since the start. */
  readonly warnings: readonly RunWarning[]
}

/**
 * What goes on beside the work: `cleaning` removes what dead runs left · `retention` old checkpoints · `compaction` brings
 * layers together · `reading` what a log tries again · `writing` what a place with transactions does.
 */
export type SideTask = 'cleaning' | 'retention' | 'compaction' | 'reading' | 'writing' | 'other'

/** A task beside the work that failed; it is tried again. */
export interface RunWarning {
  readonly task: SideTask
  /** The error's: `no-access`, `disk-full`, `corrupt-manifest` … */
  readonly code: string
  /** Of the last time. */
  readonly message: string
  /** How often it failed so. */
  readonly count: number
  /** It has not succeeded since. */
  readonly ongoing: boolean
}

/** How a run ended. */
export interface RunResult {
  /** `end`: every log was at its end, as `untilEnd` asks · `stopped`: the signal. */
  readonly reason: 'end' | 'stopped'
  /**
   * The folded, self-contained savepoint with which it stopped, in the folder of checkpoints; of one of several tasks the last
   * checkpoint of its chain.
   */
  readonly savepoint: Savepoint
  readonly plan: HandoffPlan
  readonly progress: RunProgress
}

/** The defaults of `RunOptions`, in one place. */
export const runDefaults = {
  checkpointEveryMs: 10_000,
  progressEveryMs: 2_000,
  maxBatchRecords: 4_096,
  maxResidentKeys: 1_000_000,
} as const
