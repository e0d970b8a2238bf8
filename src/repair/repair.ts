/**
 * Repairing savepoints: `edit`, `rewrite`, `merge` and `create`. Each makes a new savepoint and changes none.
 *
 * R1. The new savepoint is written aside and committed at once (L4); what it is made of is only read.
 * R2. It is self-contained: base layers of its own, each state scanned, changed on the way and written in order.
 * R3. Positions, watermarks, clocks and the identity of logs stay; the state digest is computed anew.
 * R4. It names its parents by their digests, and an audit entry says who did what, when, and how much there was.
 * R5. Memory is that of the changes, and of pieces of what is scanned: never that of a savepoint.
 * R6. What was committed by transactions and is not published yet is not passed over: such a store is refused (`in-doubt`).
 */
import type { Clock } from '../clock.ts'
import type { AuditedState } from '../savepoint/manifest.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { Actor } from './actor.ts'

/** What every repair takes. */
export interface RepairOptions {
  /**
   * The folder of the new savepoint; it must not exist, or be empty. In a dry run nothing is written there, but it is refused all the
   * same, unless it is the empty text: then nobody knows yet where it will be.
   */
  readonly into: string
  /** Does everything but write: what would change is counted, what would be refused is refused. Default false. */
  readonly dryRun?: boolean
  /**
   * Leaves out where the outputs stand: a run from the savepoint then begins new ones. Otherwise it goes on with those of the
   * run that was repaired, cut back to what the savepoint covers. Default false.
   */
  readonly freshSinks?: boolean
  /** What the audit entry says was asked for, such as the words of a command line. Default: the options in short. */
  readonly arguments?: readonly string[]
  /** Who the audit entry names. Default: the user and host that the operating system tells. */
  readonly actor?: Actor
  readonly clock?: Clock
  /** Aborting ends it with the signal's reason, and nothing is left behind. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: RepairProgress) => void
}

/** How far a repair is. */
export interface RepairProgress {
  /** `UID/STATE` that is being read. */
  readonly state: string
  /** Rows read so far, of all states. */
  readonly done: number
  readonly total: number
}

/** What a repair did, or would do. */
export interface RepairReport {
  /** The new savepoint; null after a dry run. */
  readonly savepoint: Savepoint | null
  /** Of every state how much it had and has; a renamed one is counted under its new name. */
  readonly states: readonly AuditedState[]
}
