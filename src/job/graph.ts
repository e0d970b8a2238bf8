/**
 * A job as plain data plus its operators' code. Drivers read the graph and know nothing of the builder. A stage is a
 * keyed stream: records come in from sources or from operators of earlier stages, pass stateless transforms, get a key,
 * and are handed to the stage's operators in order.
 */
import type { Schema } from '../record/record.ts'
import type { KeySchema } from '../record/key.ts'
import type { AnyOperator } from '../operator/operator.ts'
import type { Source } from '../source/source.ts'

/** A stateless step before the key. */
export type Transform =
  | { readonly kind: 'filter'; readonly keep: (record: never) => boolean }
  | { readonly kind: 'map'; readonly schema: Schema; readonly map: (record: never) => unknown }
  | { readonly kind: 'flatMap'; readonly schema: Schema; readonly map: (record: never) => Iterable<unknown> }

/** How a record gets its key: by its fields, or by a function. */
export type KeySelector =
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly keyOf: (record: never) => unknown }

/** One stream into a stage. */
export interface StageInput {
  readonly from: { readonly source: string } | { readonly operator: string }
  readonly transforms: readonly Transform[]
  /** The records' schema after the transforms. */
  readonly schema: Schema
  readonly key: KeySelector
}

/** An operator in a stage, and where what it emits goes. */
export interface StageOperator extends AnyOperator {
  /** Names of sinks; other stages name the operator in their inputs. */
  readonly sinks: readonly string[]
}

/** A keyed stream with its operators. Stages stand in an order in which inputs come first. */
export interface Stage {
  /** The uids of its operators joined by '+': for messages only. */
  readonly name: string
  readonly key: KeySchema
  readonly inputs: readonly StageInput[]
  readonly operators: readonly StageOperator[]
}

/** The whole job. */
export interface JobGraph {
  readonly name: string
  /** G. */
  readonly keyGroups: number
  /** In the order of their names (UTF-16 units), which is the order that schedules use. */
  readonly sources: readonly Source[]
  readonly stages: readonly Stage[]
  readonly sinks: readonly string[]
}
