/** `merge`: two savepoints of one job in one, key by key in order. */
import { conflict } from '../errors.ts'
import type { KeySchema } from '../record/key.ts'
import { sameType, typeName } from '../record/type.ts'
import { LayerCursor } from '../savepoint/layer-cursor.ts'
import type { EntryCount, Manifest, ManifestOperator, ManifestState } from '../savepoint/manifest.ts'
import { readSettled } from '../savepoint/pin-settled.ts'
import type { EntryRows, Savepoint } from '../savepoint/savepoint.ts'
import { auditOf, asParent, keptProgress } from './kept-progress.ts'
import { withStarts } from './entry-starts.ts'
import { mergedKeys, overlappingKeys } from './merged-keys.ts'
import { mergedProgress, union } from './merged-progress.ts'
import { writeSavepoint, type NewState } from './new-savepoint.ts'
import { ReadingProgress, type ReadState } from './read-states.ts'
import type { RepairOptions, RepairReport } from './repair.ts'
import { rowsInOrder } from './rows-in-order.ts'
import type { MergeEntries } from './transform.ts'

/** How to merge. */
export interface MergeOptions extends RepairOptions {
  /** For keys that both have, the first savepoint's value on the left; without it they are refused. */
  readonly with?: MergeEntries
}

/**
 * Makes the merged savepoint at `options.into`. Positions are equal or of other partitions; a stage's clock is the earlier of
 * both. Errors: those of `pinSettled`; `conflict`, codes `overlapping-keys` (naming the first few), `different-positions`,
 * `different-logs`, `different-jobs`, `different-states`, `different-sinks`, `savepoint-exists`; `invalid`, codes
 * `different-settings`, `foreign-folder`; `data`, codes `transform-failed`, `wrong-type`; `unavailable`.
 */
export async function merge(
  first: string | Savepoint,
  second: string | Savepoint,
  options: MergeOptions,
): Promise<RepairReport> {
  return readSettled(first, a => readSettled(second, b => mergePinned(a, b, options)))
}

async function mergePinned(a: Savepoint, b: Savepoint, options: MergeOptions): Promise<RepairReport> {
  const progress = mergedProgress(a.manifest, b.manifest, options.freshSinks === true)
  const operators = union(a.manifest.operators, b.manifest.operators, ({ uid }) => uid, sameKey)
  const reading = new ReadingProgress([a.manifest, b.manifest], options.onProgress)
  const kept = keptProgress(a)
  const other = keptProgress(b)
  return writeSavepoint(
    {
      audit: union(
        auditOf(a.manifest),
        auditOf(b.manifest),
        ({ attempt }) => attempt,
        entry => entry,
      ),
      made: [...kept.made, ...other.made],
      draft: {
        ...kept.draft,
        sources: progress.sources,
        clocks: progress.clocks,
        counts: { sources: progress.counts },
        history: union(
          kept.draft.history,
          other.draft.history,
          ({ source }) => source,
          (x, y) => ({
            ...x,
            files: union(
              x.files,
              y.files,
              file => file.path,
              file => file,
            ),
          }),
        ),
        parents: union(
          kept.draft.parents,
          [...b.manifest.parents, asParent(b)],
          ({ manifestDigest }) => manifestDigest,
          parent => parent,
        ),
        sinks: { ...b.manifest.sinks, ...a.manifest.sinks },
        ...acceptedOf(a.manifest, b.manifest),
      },
      command: 'merge',
      summary: options.with === undefined ? [] : ['with a function'],
      operators,
      states: operators.flatMap(({ uid }) => mergedStates(uid, [a, b], reading, options.with ?? null)),
      dropped: [],
    },
    options,
  )
}

/** What was accepted for either holds for both together; what both descend from stands once. */
function acceptedOf(a: Manifest, b: Manifest): Pick<Manifest, 'accepted'> {
  if (a.accepted === undefined && b.accepted === undefined) return {}
  const accepted = union(
    a.accepted ?? [],
    b.accepted ?? [],
    each => JSON.stringify(each),
    each => each,
  )
  return { accepted }
}

function sameKey(a: ManifestOperator, b: ManifestOperator): ManifestOperator {
  if (keyText(a.key) === keyText(b.key)) return a
  throw differentStates(`operator ${a.uid}`, `key ${keyText(a.key)}`, `key ${keyText(b.key)}`)
}

function mergedStates(
  uid: string,
  savepoints: readonly [Savepoint, Savepoint],
  reading: ReadingProgress,
  merge: MergeEntries | null,
): readonly NewState[] {
  const operators = savepoints.map(({ manifest }) => manifest.operators.find(each => each.uid === uid))
  const [a, b] = operators
  const names = union(
    a?.states ?? [],
    b?.states ?? [],
    ({ name }) => name,
    (x, y) => sameState(uid, x, y),
  )
  return names.map(({ name }) => {
    const reads = savepoints.flatMap((savepoint, i): ReadState[] => {
      const state = operators[i]?.states.find(each => each.name === name)
      return state === undefined ? [] : [reading.read(savepoint, operators[i]!, state)]
    })
    return mergedState(reads, merge)
  })
}

function mergedState(reads: readonly ReadState[], merge: MergeEntries | null): NewState {
  const [{ table }] = reads as [ReadState]
  const refused = overlappingKeys(
    'keys of both savepoints',
    'give a function that merges them: --with merge.ts',
  )
  return {
    table,
    pieces: () =>
      mergedKeys(table, inOrder(reads.map(({ rows }) => withStarts(table, rows()))), { merge, refused }),
    before: () => added(reads.map(({ counts }) => counts())),
  }
}

/** The rows of all in the order of their keys; of one key, the first's first. */
async function* inOrder(all: readonly AsyncGenerator<EntryRows>[]): AsyncGenerator<EntryRows> {
  // Of equal keys the heap gives the highest number first.
  const cursors = all.map((pieces, i) => new LayerCursor(all.length - 1 - i, pieces))
  yield* rowsInOrder(cursors)
}

function sameState(uid: string, a: ManifestState, b: ManifestState): ManifestState {
  if (a.kind === b.kind && sameType(a.type, b.type)) return a
  const [x, y] = [a, b].map(({ kind, type }) => `${kind} of ${typeName(type)}`)
  throw differentStates(`state ${uid}/${a.name}`, String(x), String(y))
}

function keyText({ fields }: KeySchema): string {
  return fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
}

function added(counts: readonly EntryCount[]): EntryCount {
  return {
    keys: counts.reduce((sum, { keys }) => sum + keys, 0),
    entries: counts.reduce((sum, { entries }) => sum + entries, 0),
  }
}

function differentStates(thing: string, expected: string, found: string): Error {
  const remedy = 'rewrite one of them so that both have the same'
  return conflict({
    code: 'different-states',
    thing,
    expected: `${expected}, as in the first`,
    found,
    remedy,
  })
}
