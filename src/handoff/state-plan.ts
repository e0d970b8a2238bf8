/** State: what the savepoint holds against what the job's operators declare. Nothing is lost or begun in silence (L7). */
import { graphStates } from './graph-states.ts'
import type { JobGraph } from '../job/graph.ts'
import type { KeySchema } from '../record/key.ts'
import { sameType, typeName } from '../record/type.ts'
import { isOverlap } from '../savepoint/handoff-facts.ts'
import type { Manifest, ManifestOperator } from '../savepoint/manifest.ts'
import type { StateSchema } from '../state/state.ts'
import type { AcceptedRefusal, HandoffFlags, Refusal, StatePlan } from './handoff.ts'
import { judged, type Objection } from './objection.ts'

/** The plan of all states, and what is refused. */
export interface PlannedStates {
  readonly states: readonly StatePlan[]
  readonly refusals: readonly Refusal[]
  readonly accepted: readonly AcceptedRefusal[]
}

type Planned = readonly [StatePlan, Objection | null]

/** Plans the states of all operators. */
export function planStates(graph: JobGraph, manifest: Manifest, flags: HandoffFlags): PlannedStates {
  const declared = graphStates(graph)
  const planned = [
    ...declared.flatMap(({ uid, states }) => {
      const stored = manifest.operators.find(operator => operator.uid === uid)
      return states.map(state => planDeclared(uid, state, stored, flags))
    }),
    ...manifest.operators.flatMap(({ uid, states }) => {
      if (isOverlap(uid)) return [] // its source's to judge
      const operator = declared.find(candidate => candidate.uid === uid)
      const unclaimed = states.filter(({ name }) => !operator?.states.some(state => state.name === name))
      return unclaimed.map(({ name }) => planUnclaimed(uid, name, flags))
    }),
  ]
  const { refusals, accepted } = judged(planned.flatMap(([, objection]) => objection ?? []))
  const known = new Set(declared.flatMap(({ uid, states }) => states.map(({ name }) => `${uid}/${name}`)))
  return {
    states: planned.map(([state]) => state),
    refusals: [...keyRefusals(graph, manifest), ...refusals, ...unknownFresh(known, flags)],
    accepted,
  }
}

function planDeclared(
  uid: string,
  state: StateSchema,
  stored: ManifestOperator | undefined,
  flags: HandoffFlags,
): Planned {
  const plan = (action: StatePlan['action']): StatePlan => ({ uid, state: state.name, action })
  const path = `${uid}/${state.name}`
  const found = stored?.states.find(({ name }) => name === state.name)
  const fresh = flags.fresh?.includes(path) === true
  if (found === undefined) {
    return [
      plan(fresh ? 'fresh' : 'refused'),
      { refusal: missing(path), accepted: fresh ? `--fresh ${path}` : null },
    ]
  }
  const changed = stateChange(path, state, found)
  if (changed === null) return [plan('claimed'), null]
  // Both flags together: what is stored is left behind, and the state begins empty.
  const both = fresh && flags.drop?.includes(path) === true
  const accepted = both ? `--drop ${path} --fresh ${path}` : null
  return [plan(both ? 'fresh' : 'refused'), { refusal: changed, accepted }]
}

function planUnclaimed(uid: string, state: string, flags: HandoffFlags): Planned {
  const path = `${uid}/${state}`
  const drop = flags.drop?.includes(path) === true
  const refusal: Refusal = {
    code: 'unclaimed-state',
    thing: `state ${path}`,
    expected: 'an operator that declares it',
    found: 'none in the job',
    remedy: `declare it, or leave it behind with --drop ${path}`,
  }
  const accepted = drop ? `--drop ${path}` : null
  return [
    { uid, state, action: drop ? 'dropped' : 'refused' },
    { refusal, accepted },
  ]
}

function missing(path: string): Refusal {
  return {
    code: 'missing-state',
    thing: `state ${path}`,
    expected: 'it in the savepoint, since an operator declares it',
    found: 'none',
    remedy: `bootstrap again with this job, or begin it empty with --fresh ${path}`,
  }
}

function stateChange(path: string, declared: StateSchema, stored: StateSchema): Refusal | null {
  const sameKind = declared.kind === stored.kind
  if (sameKind && sameType(declared.type, stored.type)) return null
  return {
    code: sameKind ? 'state-schema-changed' : 'state-kind-changed',
    thing: `state ${path}`,
    expected: `${declared.kind} of ${typeName(declared.type)}, as the job declares it`,
    found: `${stored.kind} of ${typeName(stored.type)} in the savepoint`,
    remedy: `${sameKind ? retyping(path, declared) : ''}declare it as it was, or begin it empty with --drop ${path} --fresh ${path}`,
  }
}

/** The command that brings stored values to the declared type. */
function retyping(path: string, { type }: StateSchema): string {
  const plain = Object.keys(type).length === 1
  const text = plain ? `${path}=${type.kind}` : `'${path}=${JSON.stringify(type)}'`
  const map = '--map FILE where values are not the same in both types'
  return `headwater rewrite SAVEPOINT --retype ${text} --into NEW, with ${map}; or `
}

function keyRefusals(graph: JobGraph, manifest: Manifest): readonly Refusal[] {
  return graphStates(graph).flatMap(({ uid, key }) => {
    const stored = manifest.operators.find(operator => operator.uid === uid)
    if (stored === undefined || stored.states.length === 0) return []
    const [expected, found] = [keyText(key), keyText(stored.key)]
    if (expected === found) return []
    const remedy = 'key it as it was, or give the operator another uid and bootstrap again'
    const code = 'key-schema-changed'
    return [
      {
        code,
        thing: `operator ${uid}`,
        expected: `key ${expected}`,
        found: `key ${found} in the savepoint`,
        remedy,
      },
    ]
  })
}

function keyText({ fields }: KeySchema): string {
  return fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
}

/** A flag for a state that does not exist is a slip of the pen; one for a state that was begun already is not. */
function unknownFresh(known: ReadonlySet<string>, flags: HandoffFlags): readonly Refusal[] {
  const unknown = (flags.fresh ?? []).filter(path => !known.has(path))
  return unknown.map(path => ({
    code: 'unknown-state',
    thing: `--fresh ${path}`,
    expected: `UID/STATE of the job: ${[...known].join(', ') || 'it declares none'}`,
    found: path,
    remedy: 'correct the flag',
  }))
}
