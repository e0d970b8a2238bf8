/**
 * What differs between two savepoints: first what they are of (job, positions, clocks, schemas), then the entries of each
 * state, key by key. Both are read once, side by side in their order, so memory does not grow with them; rows that are
 * alike are passed over by comparing whole runs of bytes, and states that share their segments are not read at all.
 *
 * change.ts  a key's change · context.ts  what is not an entry · row-runs.ts  how many rows are alike · row-walk.ts  the rows that differ
 * key-changes.ts  the differing rows of a key as one change
 */
import { invalid } from '../../errors.ts'
import { sameType } from '../../record/type.ts'
import { storedState, type StoredState } from '../find-state.ts'
import type { GroupRange } from '../layer-blocks.ts'
import { pinnedPieces } from '../pinned.ts'
import { scanLayers, told, type ScanOptions } from '../scan.ts'
import type { EntryRows, Savepoint, StateTable } from '../savepoint.ts'
import type { KeyChange } from './change.ts'
import { contextDifferences, type ContextDifference } from './context.ts'
import { keyChanges } from './key-changes.ts'

export type { ChangedField, KeyChange } from './change.ts'
export type { ContextDifference } from './context.ts'

/** Counts of keys of one state; after all of its changes. */
export interface StateDifference {
  readonly kind: 'state'
  readonly uid: string
  readonly state: string
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** Why the entries were not compared; null when they were, or are the same files. */
  readonly notCompared: string | null
}

/** Whom to tell how many rows more were read, of both. */
export type DiffOptions = Pick<ScanOptions, 'onRead'>

/** What a comparison gives, in this order: contexts, then state by state its changes and counts. */
export type Difference = ContextDifference | KeyChange | StateDifference

/**
 * Compares A with B (paths, or open savepoints); nothing but states without changes comes when they are the same.
 * Errors: those of `pin` and `scanState`; `invalid`, code `different-key-groups`: entries then stand in other orders.
 */
export function diff(
  a: string | Savepoint,
  b: string | Savepoint,
  options: DiffOptions = {},
): AsyncGenerator<Difference> {
  return pinnedPieces(a, before => pinnedPieces(b, after => differences(before, after, options)))
}

async function* differences(
  before: Savepoint,
  after: Savepoint,
  options: DiffOptions,
): AsyncGenerator<Difference> {
  refuseOtherGroups(before, after)
  yield* contextDifferences(before.manifest, after.manifest)
  const isSame = sameDigest(before, after)
  for (const pair of statePairs(before, after)) {
    if (isSame || sameSegments(pair)) yield counts(pair.table, null)
    else yield* stateDifferences(before, after, pair, options)
  }
}

/** Whether a comparison's part says that the two are not the same. */
export function isDifferent(difference: Difference): boolean {
  if (difference.kind !== 'state') return true
  return difference.notCompared !== null || difference.added + difference.removed + difference.changed > 0
}

interface StatePair {
  readonly table: StateTable
  readonly before: StoredState | null
  readonly after: StoredState | null
}

async function* stateDifferences(
  before: Savepoint,
  after: Savepoint,
  pair: StatePair,
  { onRead }: DiffOptions,
): AsyncGenerator<KeyChange | StateDifference> {
  const notCompared = whyNotComparable(pair)
  if (notCompared !== null) {
    yield counts(pair.table, notCompared)
    return
  }
  const total = { added: 0, removed: 0, changed: 0 }
  const groups = [0, before.manifest.keyGroups] as const
  const pieces = [
    told(entries(before, pair.before, groups), onRead),
    told(entries(after, pair.after, groups), onRead),
  ] as const
  for await (const change of keyChanges(pair.table, ...pieces)) {
    total[change.kind]++
    yield change
  }
  yield { ...counts(pair.table, null), ...total }
}

async function* entries(
  { folder }: Savepoint,
  state: StoredState | null,
  groups: GroupRange,
): AsyncGenerator<EntryRows> {
  if (state !== null) yield* scanLayers(folder, state, groups)
}

function statePairs(before: Savepoint, after: Savepoint): readonly StatePair[] {
  const [left, right] = [statesOf(before), statesOf(after)]
  const names = [...new Set([...left.keys(), ...right.keys()])]
  return names.map(name => {
    const [one = null, other = null] = [left.get(name), right.get(name)]
    return { table: (other ?? one)!.table, before: one, after: other }
  })
}

function statesOf({ manifest }: Savepoint): ReadonlyMap<string, StoredState> {
  return new Map(
    manifest.operators.flatMap(operator =>
      operator.states.map(
        state => [JSON.stringify([operator.uid, state.name]), storedState(operator, state)] as const,
      ),
    ),
  )
}

function whyNotComparable({ before, after }: StatePair): string | null {
  if (before === null || after === null) return null
  const [a, b] = [before.table, after.table]
  if (a.state.kind !== b.state.kind || !sameType(a.state.type, b.state.type)) return 'other types'
  const sameKeys =
    a.key.fields.length === b.key.fields.length &&
    a.key.fields.every(({ type }, i) => sameType(type, b.key.fields[i]!.type))
  return sameKeys ? null : 'other key types'
}

/** Same entries, positions and clocks, as both manifests say. */
function sameDigest({ manifest: a }: Savepoint, { manifest: b }: Savepoint): boolean {
  return a.stateDigest !== null && a.stateDigest === b.stateDigest
}

/** The very same files: names carry a random part, and files that a manifest names never change. */
function sameSegments({ before, after }: StatePair): boolean {
  if (before === null || after === null) return false
  return JSON.stringify(before) === JSON.stringify(after)
}

function counts({ uid, state }: StateTable, notCompared: string | null): StateDifference {
  return { kind: 'state', uid, state: state.name, added: 0, removed: 0, changed: 0, notCompared }
}

function refuseOtherGroups({ manifest: a, manifestPath }: Savepoint, { manifest: b }: Savepoint): void {
  if (a.keyGroups === b.keyGroups) return
  throw invalid({
    code: 'different-key-groups',
    thing: manifestPath,
    expected: `${b.keyGroups} key groups, as in the other`,
    found: String(a.keyGroups),
    remedy: 'rewrite one of them with --key-groups, then compare',
  })
}
