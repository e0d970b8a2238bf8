/** What differs between two savepoints as edits: they make the first one's entries those of the second. */
import { conflict, type HeadwaterError } from '../errors.ts'
import {
  diff,
  type ContextDifference,
  type DiffOptions,
  type KeyChange,
  type StateDifference,
} from '../savepoint/diff/diff.ts'
import { entryToJson, keyToJson } from '../savepoint/entry-json.ts'
import { pinnedPieces } from '../savepoint/pinned.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import { openStateReader } from '../savepoint/state-reader.ts'
import { absentEntry, type StoredEntry } from '../savepoint/stored-entry.ts'
import type { Edit } from './edits.ts'

/** Whom to tell of what. */
export interface DiffEditsOptions extends DiffOptions {
  /** Told of each difference that no edit takes away: other positions, clocks, jobs. */
  readonly onContext?: ((difference: ContextDifference) => void) | undefined
}

const fetchKeys = 1024

/**
 * An edit for each key and state that is not the same, in their order; each expects what A has now. Whole entries are read, by
 * key, from both. Errors: those of `diff` and of reading; `conflict`, code `different-states`, where A does not have a state of B,
 * or has it with another type.
 */
export function diffEdits(
  a: string | Savepoint,
  b: string | Savepoint,
  options: DiffEditsOptions = {},
): AsyncGenerator<Edit> {
  return pinnedPieces(a, before => pinnedPieces(b, after => edits(before, after, options)))
}

async function* edits(
  before: Savepoint,
  after: Savepoint,
  { onContext, onRead }: DiffEditsOptions,
): AsyncGenerator<Edit> {
  let held: KeyChange[] = []
  for await (const difference of diff(before, after, { onRead })) {
    if (difference.kind === 'context') {
      onContext?.(difference)
      continue
    }
    if (difference.kind === 'state') {
      if (difference.notCompared !== null) throw otherStates(before, difference, difference.notCompared)
      yield* editsOf(before, after, held)
      held = []
      continue
    }
    if (!hasState(before, difference))
      throw otherStates(before, { ...difference, state: difference.state.name }, 'no such state')
    held.push(difference)
    if (held.length < fetchKeys) continue
    yield* editsOf(before, after, held)
    held = []
  }
}

/** The edits of keys of one state. */
async function* editsOf(
  before: Savepoint,
  after: Savepoint,
  changes: readonly KeyChange[],
): AsyncGenerator<Edit> {
  const [first] = changes
  if (first === undefined) return
  const { uid, state, schema } = first
  const [old, wanted] = [await entriesIn(before, changes), await entriesIn(after, changes)]
  for (const [i, { key }] of changes.entries()) {
    const [expect, set] = [entryToJson(state, old[i]!), entryToJson(state, wanted[i]!)]
    yield {
      key: keyToJson(schema, key),
      uid,
      state: state.name,
      ...(set === undefined ? { delete: true } : { set }),
      ...(expect === undefined ? { expectAbsent: true } : { expect }),
    }
  }
}

async function entriesIn(
  savepoint: Savepoint,
  changes: readonly KeyChange[],
): Promise<readonly StoredEntry[]> {
  const [first] = changes as readonly [KeyChange]
  if (!hasState(savepoint, first)) return changes.map(() => absentEntry)
  const reader = openStateReader(savepoint, first.uid, first.state.name)
  try {
    return await reader.fetch(changes.map(({ key, keyGroup: group }) => ({ key, group })))
  } finally {
    await reader.close()
  }
}

function hasState({ manifest }: Savepoint, { uid, state }: KeyChange): boolean {
  const operator = manifest.operators.find(each => each.uid === uid)
  return operator?.states.some(({ name }) => name === state.name) === true
}

function otherStates(
  { manifestPath }: Savepoint,
  { uid, state }: Pick<StateDifference, 'uid' | 'state'>,
  found: string,
): HeadwaterError {
  return conflict({
    code: 'different-states',
    thing: `${manifestPath}: state ${uid}/${state}`,
    expected: 'a state of the same name and type in both',
    found,
    remedy: 'rewrite one of them with --rename-state or --retype first',
  })
}
