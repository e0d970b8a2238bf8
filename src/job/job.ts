/**
 * What a job is made of, as its author sees it. Each step gives a new value of the next type, so that only what makes
 * sense can be written next; nothing is changed in place. A record's way: source → stream → keyed stream → operator →
 * sinks and, where the operator declares what it emits, further streams.
 *
 * `Sources` and `Sinks` are unions of literal names: a wrong or missing one in `history`, `log` or `sinks` does not compile.
 */
import type { OperatorSpec } from '../operator/operator.ts'
import type { KeyPart } from '../record/key.ts'
import type { RecordOf, Schema } from '../record/record.ts'
import type { Type } from '../record/type.ts'
import type { Sink } from '../sink/sink.ts'
import type { History } from '../source/history.ts'
import type { Log } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import type { StateDeclarations } from '../state/state.ts'
import type { KeyField, KeyOf, MoreKeyArguments } from './key-argument.ts'

/** A whole job, ready for `bootstrap` and `run`. Recognised by its brand (brand.ts), whichever copy of the library made it. */
export interface Job<out Sources extends string = string, out Sinks extends string = string> {
  readonly name: string
  /** In the order of their names. */
  readonly sources: readonly Sources[]
  /** In the order of their names. */
  readonly sinks: readonly Sinks[]
}

/** Settings of a job. */
export interface JobOptions {
  /** G, the number of slices of the key space; fixed for ever by the first savepoint. 1 to 32768, default 256. */
  readonly keyGroups?: number
}

/** A named job that reads nothing yet. */
export interface JobStart {
  /** Begins with the records of a source. */
  from<N extends string, S extends Schema>(source: Source<N, S>): Stream<N, never, RecordOf<S>>
}

/** Records on their way to a key. All functions are synchronous, and give the same for the same record. */
export interface Stream<Sources extends string, Sinks extends string, R> {
  /** Never set: it makes streams of other records another type. */
  readonly '~record'?: (record: R) => R
  /** Keeps the records for which `keep` answers true. */
  filter(keep: (record: R) => boolean): Stream<Sources, Sinks, R>
  /** Each record becomes one of `schema`, which is checked field by field. */
  map<S extends Schema>(schema: S, map: (record: R) => RecordOf<S>): Stream<Sources, Sinks, RecordOf<S>>
  /** Each record becomes any number of records of `schema`. */
  flatMap<S extends Schema>(
    schema: S,
    map: (record: R) => Iterable<RecordOf<S>>,
  ): Stream<Sources, Sinks, RecordOf<S>>
  /** The records of both, which have the same schema. */
  union<OtherSources extends string, OtherSinks extends string>(
    other: Stream<OtherSources, OtherSinks, R>,
  ): Stream<Sources | OtherSources, Sinks | OtherSinks, R>
  /**
   * What state belongs to: one field, `keyBy('customer')`; several, `keyBy('shop', 'day')`, which make a tuple; or a
   * function with the type of what it gives, `keyBy(t.string(), record => …)`. A record whose key is null is a bad record.
   */
  keyBy<const A extends KeyField<R> | Type<KeyPart>, const B extends readonly KeyField<R>[]>(
    first: A,
    ...more: MoreKeyArguments<R, A, B>
  ): Keyed<Sources, Sinks, R, KeyOf<R, A, B>>
}

/** Records with a key, to which operators are applied. */
export interface Keyed<Sources extends string, Sinks extends string, R, K> {
  /** Applies an operator per key; `uid` is the name for ever under which its state is filed. */
  apply<S extends StateDeclarations, E extends Schema | undefined = undefined>(
    uid: string,
    operator: OperatorSpec<R, K, S, E>,
  ): Applied<Sources, Sinks, R, K, E>
}

/**
 * A job that ends, so far, in this operator. It may go on: `apply` puts another operator beside this one on the same
 * keyed stream, `from` begins another pipeline, and where the operator declares `emits`, what it emits is a stream.
 * What an operator without sinks and followers emits is counted and dropped.
 */
export type Applied<
  Sources extends string,
  Sinks extends string,
  R,
  K,
  E extends Schema | undefined,
> = Pipeline<Sources, Sinks, R, K, E> & (E extends Schema ? Stream<Sources, Sinks, RecordOf<E>> : unknown)

/** The part of `Applied` that does not depend on what is emitted. */
export interface Pipeline<Sources extends string, Sinks extends string, R, K, E extends Schema | undefined>
  extends Job<Sources, Sinks>, Keyed<Sources, Sinks, R, K> {
  /** Sends what the operator emits to a sink; may be said again for another one. */
  to<N extends string>(sink: N): Applied<Sources, Sinks | N, R, K, E>
  /** Begins another pipeline of the same job. */
  from<N extends string, S extends Schema>(source: Source<N, S>): Stream<Sources | N, Sinks, RecordOf<S>>
  /** This job and another built from the same `job(…)`: what they have in common is in it once. */
  and<OtherSources extends string, OtherSinks extends string>(
    other: Job<OtherSources, OtherSinks>,
  ): Applied<Sources | OtherSources, Sinks | OtherSinks, R, K, E>
}

/** What a job is to `bootstrap`: a history for each source. */
export type HistoryOf<J extends Job> = ForEach<J['sources'][number], History>

/** What a job is to `run`: a log for each source. */
export type LogsOf<J extends Job> = ForEach<J['sources'][number], Log>

/** What a job is to `run`: a sink for each name. */
export type SinksOf<J extends Job> = ForEach<J['sinks'][number], Sink>

/** A `T` for each name and for no other; without names, nothing. */
export type ForEach<Names extends string, T> = [Names] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [N in Names]: T }
