/**
 * What a keyed operator is. It is synchronous, it declares its state and is handed it, and nothing it is given tells
 * history from live (L2).
 */
import type { EventTime, Watermark } from '../record/event-time.ts'
import type { Key } from '../record/key.ts'
import type { AnyRecord, RecordOf, Schema } from '../record/record.ts'
import type { HandlesOf, StateDeclarations } from '../state/state.ts'

/** What an operator is given beside the record and its state. One object for all calls: read it, never keep it. */
export interface Out<K = Key, E = AnyRecord> {
  /** The key in focus. */
  readonly key: K
  /** The record's event time in the job's time unit; null when its source declares none. */
  readonly time: EventTime | null
  /** The clock of the key before this record: nothing at or below it was expected any more. −Infinity at first. */
  readonly watermark: Watermark
  /**
   * Puts out one record: to the sinks, to the next stage. Undone when the call throws. Its fields are taken as they are
   * now. Without a schema only the record itself is copied: objects within it that the operator keeps and changes later
   * may or may not show that; what state gives does not change.
   */
  emit(record: E): void
}

/**
 * What one operator does per key. Everything in `onRecord` is inferred: write `state` (and `emits`) before it. It is
 * synchronous; `void | undefined` is what refuses an async function, which a mere `void` would let through.
 */
export interface OperatorSpec<R, K, S extends StateDeclarations, E extends Schema | undefined> {
  /** What is kept per key, by name; `{}` when nothing is. */
  readonly state: S
  /** The schema of what is emitted. Without it `emit` takes JSON-like records, and no further stage can follow. */
  readonly emits?: E
  /** Called for each record, its key in focus. */
  readonly onRecord: (record: R, state: HandlesOf<S>, out: Out<K, EmittedBy<E>>) => void | undefined
}

/** An operator whose types are known only at run time, as the drivers hold it. */
export interface AnyOperator {
  /** The name for ever under which its state is filed. */
  readonly uid: string
  readonly state: StateDeclarations
  /** Fields of what it emits; null when it takes any JSON-like record. */
  readonly emits: Schema | null
  readonly onRecord: (record: never, state: never, out: never) => void
}

/** What `emit` takes: a record of the declared schema, else any JSON-like record. */
export type EmittedBy<E extends Schema | undefined> = E extends Schema ? RecordOf<E> : AnyRecord
