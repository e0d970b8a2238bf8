/**
 * A graph without its functions: what stands in manifests, and by whose digest two loaders see whether they loaded the
 * same job. Two graphs with equal data can still differ in code; no digest can tell.
 */
import { createHash } from 'node:crypto'
import { fieldsOf, type Field, type Schema } from '../record/record.ts'
import type { BadRecords, Source } from '../source/source.ts'
import type { StateDeclarations, StateSchema } from '../state/state.ts'
import type { JobGraph, Stage, StageInput, StageOperator } from './graph.ts'

/** The version of this form. */
export const graphFormat = 1

/** A graph as plain JSON. */
export interface GraphData {
  readonly format: number
  readonly name: string
  readonly keyGroups: number
  readonly sources: readonly SourceData[]
  readonly stages: readonly StageData[]
  readonly sinks: readonly string[]
}

/** A source as plain JSON. */
export interface SourceData {
  readonly name: string
  readonly fields: readonly Field[]
  readonly eventTime: string | null
  readonly outOfOrdernessMs: number
  readonly partitionedByKey: boolean
  readonly maxAheadMs: number | null
  readonly maxEventTimeMs: number | null
  readonly handoffLatenessMs: number
  /** Absent where none is declared, so that older jobs keep their digest. */
  readonly recordId?: string
  readonly badRecords: BadRecords
}

/** A stage as plain JSON. */
export interface StageData {
  readonly key: readonly Field[]
  readonly inputs: readonly InputData[]
  readonly operators: readonly OperatorData[]
}

/** A stage's input as plain JSON. */
export interface InputData {
  readonly from: { readonly source: string } | { readonly operator: string }
  readonly transforms: readonly { readonly kind: string; readonly fields: readonly Field[] | null }[]
  readonly fields: readonly Field[]
  /** Names of the key's fields; null where a function gives it. */
  readonly keyFields: readonly string[] | null
}

/** An operator as plain JSON. */
export interface OperatorData {
  readonly uid: string
  readonly states: readonly StateSchema[]
  readonly emits: readonly Field[] | null
  readonly sinks: readonly string[]
}

/** The graph's data. */
export function graphData({ name, keyGroups, sources, stages, sinks }: JobGraph): GraphData {
  return {
    format: graphFormat,
    name,
    keyGroups,
    sources: sources.map(sourceData),
    stages: stages.map(stageData),
    sinks,
  }
}

/** sha-256 of the canonical JSON of the graph's data, hexadecimal. */
export function graphDigest(graph: JobGraph): string {
  return createHash('sha256')
    .update(canonicalJson(graphData(graph)))
    .digest('hex')
}

/** Declared states as plain data, in the order of their declaration. */
export function stateSchemas(state: StateDeclarations): readonly StateSchema[] {
  return Object.entries(state).map(([name, { kind, type }]) => ({ name, kind, type }))
}

/** Whether two sources say the same. */
export function sameDeclaration(a: Source, b: Source): boolean {
  return canonicalJson(sourceData(a)) === canonicalJson(sourceData(b))
}

/** JSON without spaces, properties in the order of their names. */
function canonicalJson(data: GraphData | SourceData): string {
  return JSON.stringify(data, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function sourceData({ schema, ...rest }: Source): SourceData {
  const { name, eventTime, outOfOrdernessMs, partitionedByKey } = rest
  const { maxAheadMs, maxEventTimeMs, handoffLatenessMs, recordId, badRecords } = rest
  return {
    name,
    fields: fieldsOf(schema),
    eventTime,
    outOfOrdernessMs,
    partitionedByKey,
    maxAheadMs,
    maxEventTimeMs,
    handoffLatenessMs,
    ...(recordId !== null && { recordId }),
    badRecords,
  }
}

function stageData({ key, inputs, operators }: Stage): StageData {
  return { key: key.fields, inputs: inputs.map(inputData), operators: operators.map(operatorData) }
}

function inputData({ from, transforms, schema, key }: StageInput): InputData {
  return {
    from,
    transforms: transforms.map(step => ({
      kind: step.kind,
      fields: 'schema' in step ? fieldsOf(step.schema) : null,
    })),
    fields: fieldsOf(schema),
    keyFields: key.kind === 'fields' ? key.names : null,
  }
}

function operatorData({ uid, state, emits, sinks }: StageOperator): OperatorData {
  return { uid, states: stateSchemas(state), emits: nullable(emits), sinks }
}

function nullable(schema: Schema | null): readonly Field[] | null {
  return schema && fieldsOf(schema)
}
