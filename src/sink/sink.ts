/** The sink contract: where results go, and what is promised about them. */
import type { Clock } from '../clock.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import type { OpenTransactions, TransactionDeclaration } from './transaction.ts'

/**
 * What a sink promises when a run is killed and started again. `exactly-once`: also against a former run that was only
 * paused and wakes up · `exactly-once-after-crash`: not against that · `at-least-once`.
 */
export type SinkGuarantee = 'exactly-once' | 'exactly-once-after-crash' | 'at-least-once'

/** What a checkpoint stores of a sink, and what it is opened with again: plain JSON. Null before the first checkpoint. */
export type SinkState = Readonly<Record<string, string | number>> | null

/** The run that opens a sink. */
export interface SinkRun {
  /** The number of the run's first manifest: greater than that of every former run in the same folder of checkpoints. */
  readonly generation: number
  /** It is another start of a task of a generation that has begun already. Default false. */
  readonly rejoins?: boolean
  /** Which of the tasks of one generation it is, from 0; 0 where there is but one. */
  readonly task: number
  /** How many tasks there are. Default 1. */
  readonly tasks?: number
  /** 32 hexadecimal digits: no other run has them. */
  readonly attempt: string
  readonly clock: Clock
  /** The producer that a sink with `transactions` writes by; the run commits and closes it. */
  readonly transactions?: OpenTransactions
}

/** A sink that a run writes to. Batches come in order; nothing is written twice unless the guarantee says so. */
export interface OpenSink {
  /** Takes records of one flush, in order; resolves when it may be given more (back-pressure). */
  write(records: readonly AnyRecord[]): Promise<void>
  /**
   * Makes all that was written durable and says what a checkpoint must store to come back to exactly here. `last`: nothing
   * is written after it.
   */
  prepare(last?: boolean): Promise<SinkState>
  /** Called once the checkpoint that holds the prepared state is committed. */
  committed(): Promise<void>
  close(): Promise<void>
}

/** A declared sink. */
export interface Sink<G extends SinkGuarantee = SinkGuarantee> {
  /** For people: `ndjson:totals.ndjson`. */
  readonly name: string
  readonly guarantee: G
  /** The path of the file or folder that it writes, where it writes one: no two sinks of a run may have the same. */
  readonly file?: string
  /** Tasks of one job can't share it. Default false. */
  readonly oneTask?: boolean
  /** It writes by transactions, one a checkpoint, which the run commits. Its state in the checkpoint is null. */
  readonly transactions?: TransactionDeclaration
  /**
   * Whether it may be opened at that state; touches nothing. All sinks of a run are asked before any of them is opened.
   * Errors: those of `open`.
   */
  check?(state: SinkState, run?: SinkRun): Promise<void>
  /**
   * What the run's first manifest says of the state that it is opened at then: where opening does more than to take back, whoever
   * begins after a run that ended before its next checkpoint must know. Touches nothing. Default: the state as it is.
   */
  fenced?(state: SinkState): Promise<SinkState>
  /**
   * Opens it at a checkpoint's state, undoing what was written after it; null starts afresh.
   * `fields`: the schema of its records, or null for any JSON-like record. `run`: who opens it.
   * Errors: `conflict` (it holds output that nobody recorded), `data` (it lost output that was recorded), `unavailable`.
   */
  open(state: SinkState, fields: readonly Field[] | null, run?: SinkRun): Promise<OpenSink>
}
