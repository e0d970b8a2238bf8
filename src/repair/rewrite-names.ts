/** What a rewrite makes of operators and states: their new names and types, and which are left behind. */
import { invalid, type HeadwaterError } from '../errors.ts'
import { checkedName } from '../record/name.ts'
import type { TypeSpec } from '../record/type.ts'
import type { ManifestOperator, ManifestState, StageClock } from '../savepoint/manifest.ts'
import { reservedColumns } from '../savepoint/segment-columns.ts'
import type { StateTable } from '../savepoint/savepoint.ts'

/** Names and types as asked for, all by the old names. */
export interface NameChanges {
  readonly renameUid: ReadonlyMap<string, string>
  /** By `UID/STATE`. */
  readonly renameState: ReadonlyMap<string, string>
  /** `UID` or `UID/STATE`. */
  readonly drop: ReadonlySet<string>
  /** By `UID/STATE`. */
  readonly retype: ReadonlyMap<string, TypeSpec>
}

/** A state that is kept, as it was and as it will be. */
export interface KeptState {
  readonly operator: ManifestOperator
  readonly state: ManifestState
  readonly to: StateTable
}

/** What becomes of all operators. */
export interface RenamedOperators {
  readonly operators: readonly Pick<ManifestOperator, 'uid' | 'key'>[]
  readonly kept: readonly KeptState[]
  readonly dropped: readonly { readonly operator: ManifestOperator; readonly state: ManifestState }[]
}

/** Errors: `invalid`, codes `unknown-operator`, `unknown-state`, `bad-name`, `name-taken`. */
export function renamedOperators(
  operators: readonly ManifestOperator[],
  changes: NameChanges,
): RenamedOperators {
  checkKnown(operators, changes)
  const left = operators.filter(({ uid }) => !changes.drop.has(uid))
  const renamed = left.map(operator => ({
    operator,
    uid: changes.renameUid.get(operator.uid) ?? operator.uid,
  }))
  refuseTwice(renamed.map(({ uid }) => uid))
  const kept = renamed.flatMap(({ operator, uid }) => keptStates(operator, uid, changes))
  const isKept = (state: ManifestState): boolean => kept.some(each => each.state === state)
  return {
    operators: renamed.map(({ operator: { key }, uid }) => ({ uid, key })),
    kept,
    dropped: operators.flatMap(operator =>
      operator.states.filter(state => !isKept(state)).map(state => ({ operator, state })),
    ),
  }
}

/** Stages are named by the uids of their operators, joined by `+`. */
export function renamedClocks(
  clocks: readonly StageClock[],
  { renameUid }: NameChanges,
): readonly StageClock[] {
  return clocks.map(({ stage, clock }) => ({
    stage: stage
      .split('+')
      .map(uid => renameUid.get(uid) ?? uid)
      .join('+'),
    clock,
  }))
}

function keptStates(operator: ManifestOperator, uid: string, changes: NameChanges): readonly KeptState[] {
  const states = operator.states.filter(({ name }) => !changes.drop.has(`${operator.uid}/${name}`))
  const kept = states.map(state => {
    const path = `${operator.uid}/${state.name}`
    const { kind } = state
    const name = changes.renameState.get(path) ?? state.name
    const type = changes.retype.get(path) ?? state.type
    return { operator, state, to: { uid, key: operator.key, state: { name, kind, type } } }
  })
  const fields = operator.key.fields.map(field => field.name)
  refuseTwice([...fields, ...reservedColumns, ...kept.map(({ to }) => to.state.name)], `${uid}/`)
  return kept
}

function checkKnown(operators: readonly ManifestOperator[], changes: NameChanges): void {
  const uids = operators.map(({ uid }) => uid)
  const paths = operators.flatMap(({ uid, states }) => states.map(({ name }) => `${uid}/${name}`))
  for (const [uid, to] of changes.renameUid) {
    if (!uids.includes(uid)) throw unknown('unknown-operator', uid, uids)
    checkedName(to, 'operator uid')
  }
  for (const [path, to] of changes.renameState) {
    if (!paths.includes(path)) throw unknown('unknown-state', path, paths)
    checkedName(to, 'state')
  }
  for (const path of changes.retype.keys())
    if (!paths.includes(path)) throw unknown('unknown-state', path, paths)
  for (const what of changes.drop)
    if (!uids.includes(what) && !paths.includes(what))
      throw unknown('unknown-state', what, [...uids, ...paths])
}

function refuseTwice(names: readonly string[], prefix: string = ''): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  throw invalid({
    code: 'name-taken',
    thing: `${prefix}${twice}`,
    expected: 'a name that nothing else has',
    found: 'another of that name',
    remedy: 'choose another name, or drop or rename the other too',
  })
}

function unknown(code: string, thing: string, known: readonly string[]): HeadwaterError {
  const expected = known.length === 0 ? 'none: the savepoint has no state' : `one of ${known.join(', ')}`
  return invalid({ code, thing, expected, remedy: 'headwater show SAVEPOINT lists them' })
}
