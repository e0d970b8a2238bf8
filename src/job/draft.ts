/**
 * A job being built: immutable, and merged by identity. A stage is made by `keyBy` and keeps its identity while operators
 * and sinks are added, so two jobs built from one beginning can be brought together again.
 *
 * I1. Stages stand behind those they get records from. I2. Uids and source names mean one thing each.
 */
import { invalid } from '../errors.ts'
import type { AnyOperator } from '../operator/operator.ts'
import type { KeySchema } from '../record/key.ts'
import type { Source } from '../source/source.ts'
import { sameDeclaration } from './graph-data.ts'
import type { JobGraph, StageInput } from './graph.ts'
import { sameName } from './rules.ts'

/** A keyed stream; its object is its identity. */
export interface KeyedStream {
  readonly key: KeySchema
  readonly inputs: readonly StageInput[]
}

/** An operator and its sinks so far; the operator's object is its identity. */
interface DraftOperator {
  readonly operator: AnyOperator
  readonly sinks: readonly string[]
}

interface DraftStage {
  readonly stream: KeyedStream
  readonly operators: readonly DraftOperator[]
}

/** All that was said of a job so far. */
export interface Draft {
  readonly name: string
  readonly keyGroups: number
  readonly sources: readonly Source[]
  readonly stages: readonly DraftStage[]
}

/** The draft that also reads the source; `invalid`, code `duplicate-source`, when the name means another one already. */
export function withSource(draft: Draft, source: Source): Draft {
  const known = draft.sources.find(other => sameName(other.name, source.name))
  if (known === undefined) return { ...draft, sources: [...draft.sources, source] }
  if (known === source || sameDeclaration(known, source)) return draft
  throw invalid({
    code: 'duplicate-source',
    thing: `job ${draft.name}: source ${source.name}`,
    expected: 'one declaration a name',
    found: `another with ${known.name === source.name ? 'that name' : `the name ${known.name}`}`,
    remedy: 'declare it once and use it twice, or give one of them another name',
  })
}

/** The draft with the operator behind the others of its keyed stream; `invalid`, code `duplicate-uid`. */
export function withOperator(draft: Draft, stream: KeyedStream, operator: AnyOperator): Draft {
  return withStage(draft, { stream, operators: [{ operator, sinks: [] }] })
}

/** The draft that sends what the operator emits to the sink; `invalid`, code `duplicate-sink`, when it does already. */
export function withSink(draft: Draft, operator: AnyOperator, sink: string): Draft {
  const add = (known: DraftOperator): DraftOperator => {
    if (known.operator !== operator) return known
    if (!known.sinks.includes(sink)) return { operator, sinks: [...known.sinks, sink] }
    const thing = `operator ${operator.uid}: sink ${sink}`
    throw invalid({ code: 'duplicate-sink', thing, expected: 'each sink once', found: 'it twice' })
  }
  const stages = draft.stages.map(stage => ({ ...stage, operators: stage.operators.map(add) }))
  return { ...draft, stages }
}

/** Both drafts in one; `invalid`, code `different-job`, unless they began with the same name and G. */
export function merged(draft: Draft, other: Draft): Draft {
  if (draft.name !== other.name || draft.keyGroups !== other.keyGroups) {
    throw invalid({
      code: 'different-job',
      thing: `job ${draft.name}`,
      expected: `parts of one job (${draft.name}, ${draft.keyGroups} key groups)`,
      found: `one of ${other.name}, ${other.keyGroups} key groups`,
      remedy: `build all of them from one job('${draft.name}')`,
    })
  }
  return other.stages.reduce(withStage, other.sources.reduce(withSource, draft))
}

/** The graph that drivers read. */
export function graphOfDraft({ name, keyGroups, sources, stages }: Draft): JobGraph {
  const sinks = stages.flatMap(stage => stage.operators.flatMap(operator => operator.sinks))
  return {
    name,
    keyGroups,
    sources: [...sources].sort((a, b) => (a.name < b.name ? -1 : 1)),
    stages: stages.map(({ stream, operators }) => ({
      name: operators.map(({ operator }) => operator.uid).join('+'),
      key: stream.key,
      inputs: stream.inputs,
      operators: operators.map(({ operator, sinks }) => ({ ...operator, sinks })),
    })),
    sinks: [...new Set(sinks)].sort(),
  }
}

function withStage(draft: Draft, stage: DraftStage): Draft {
  const known = draft.stages.find(({ stream }) => stream === stage.stream)
  refuseKnownUids(draft, stage)
  if (known === undefined) return { ...draft, stages: [...draft.stages, stage] }
  const together = { ...known, operators: stage.operators.reduce(mergedOperators, known.operators) }
  return { ...draft, stages: draft.stages.map(other => (other === known ? together : other)) }
}

function mergedOperators(known: readonly DraftOperator[], added: DraftOperator): readonly DraftOperator[] {
  if (!known.some(({ operator }) => operator === added.operator)) return [...known, added]
  const both = (sinks: readonly string[]): readonly string[] => [...new Set([...sinks, ...added.sinks])]
  return known.map(old => (old.operator === added.operator ? { ...old, sinks: both(old.sinks) } : old))
}

function refuseKnownUids(draft: Draft, stage: DraftStage): void {
  const known = draft.stages.flatMap(({ operators }) => operators.map(({ operator }) => operator))
  for (const { operator } of stage.operators) {
    const other = known.find(candidate => candidate !== operator && sameName(candidate.uid, operator.uid))
    if (other === undefined) continue
    throw invalid({
      code: 'duplicate-uid',
      thing: `job ${draft.name}: operator ${operator.uid}`,
      expected: 'a uid of its own',
      found: `another operator ${other.uid}`,
      remedy:
        'state is filed under the uid: give each operator its own (upper and lower case do not tell them apart)',
    })
  }
}
