/**
 * `rewrite`: all of a savepoint, changed on the way into a new one. In this order: names and types, what is left out, new
 * values, new keys and key groups. Entries whose keys change are sorted again, aside where they do not fit in memory.
 */
import { invalid } from '../errors.ts'
import type { TypeSpec } from '../record/type.ts'
import { maxKeyGroups } from '../savepoint/manifest-shape.ts'
import type { EntryCount } from '../savepoint/manifest.ts'
import { isOverlap } from '../savepoint/handoff-facts.ts'
import { readSettled } from '../savepoint/pin-settled.ts'
import type { EntryRows, Savepoint } from '../savepoint/savepoint.ts'
import { selectedOf } from '../savepoint/select.ts'
import { mappedRows, regrouped, rekeyedRows, renumbered, retyped } from './changed-rows.ts'
import { withStarts } from './entry-starts.ts'
import { keptProgress } from './kept-progress.ts'
import { mergedKeys, overlappingKeys } from './merged-keys.ts'
import { writeSavepoint, type DroppedState, type NewState } from './new-savepoint.ts'
import { countState, ReadingProgress } from './read-states.ts'
import type { RepairOptions, RepairReport } from './repair.ts'
import { renamedClocks, renamedOperators, type KeptState, type NameChanges } from './rewrite-names.ts'
import { RowSorter } from './row-sorter.ts'
import type { MapEntry, MergeEntries, RekeyEntry } from './transform.ts'

/** What to change; names are those in the savepoint that is read. */
export interface RewriteOptions extends RepairOptions {
  /** New uids by old ones. */
  readonly renameUid?: Readonly<Record<string, string>>
  /** New names of states by `UID/STATE`. */
  readonly renameState?: Readonly<Record<string, string>>
  /** `UID` or `UID/STATE`: what is left behind. */
  readonly drop?: readonly string[]
  /** New types by `UID/STATE`. Without `map` only values whose JSON form is one of the new type too are taken. */
  readonly retype?: Readonly<Record<string, TypeSpec>>
  /** Keeps the entries for which the condition holds (savepoint/where/where.ts); of lists, elements. */
  readonly where?: string
  /** Keeps the entries whose key, a text, begins so. */
  readonly keyPrefix?: string
  /** The states that `where`, `keyPrefix`, `map` and `rekey` are about: `UID` or `UID/STATE`. Default: all of the job's. */
  readonly of?: readonly string[]
  readonly map?: MapEntry
  readonly rekey?: RekeyEntry
  /** For keys that meet after `rekey`; without it they are refused. */
  readonly merge?: MergeEntries
  /** The new G, 1 to 65536; the job that goes on must have the same. */
  readonly keyGroups?: number
  /** Rows that are sorted in memory. */
  readonly sortRows?: number
}

/**
 * Makes the rewritten savepoint at `options.into`. Errors: those of `pinSettled`; `invalid`, codes `unknown-operator`,
 * `unknown-state`, `bad-name`, `name-taken`, `bad-where`, `bad-key-prefix`, `bad-key-groups`, `foreign-folder`; `data`, codes
 * `transform-failed`, `wrong-type` and the like; `conflict`, codes `overlapping-keys` and `savepoint-exists`; `unavailable`.
 */
export async function rewrite(from: string | Savepoint, options: RewriteOptions): Promise<RepairReport> {
  return readSettled(from, savepoint => rewritePinned(savepoint, options))
}

async function rewritePinned(savepoint: Savepoint, options: RewriteOptions): Promise<RepairReport> {
  const { manifest } = savepoint
  const changes = nameChanges(options)
  const keyGroups = checkedKeyGroups(options.keyGroups ?? manifest.keyGroups)
  const { operators, kept, dropped } = renamedOperators(manifest.operators, changes)
  checkScope(options.of, savepoint)
  const reading = new ReadingProgress([manifest], options.onProgress)
  const progress = keptProgress(savepoint)
  const left = dropped.map(({ operator, state }): DroppedState => {
    const count = (): Promise<EntryCount> => countState(reading.read(savepoint, operator, state))
    return { uid: operator.uid, state: state.name, count }
  })
  return writeSavepoint(
    {
      ...progress,
      draft: { ...progress.draft, keyGroups, clocks: renamedClocks(manifest.clocks, changes) },
      command: 'rewrite',
      summary: summaryOf(options),
      operators,
      states: kept.map(state => rewrittenState(savepoint, state, reading, options, keyGroups)),
      dropped: left,
    },
    options,
  )
}

function rewrittenState(
  savepoint: Savepoint,
  { operator, state, to }: KeptState,
  reading: ReadingProgress,
  options: RewriteOptions,
  keyGroups: number,
): NewState {
  const inScope = isInScope(options.of, operator.uid, state.name)
  const selected = inScope && (options.where !== undefined || options.keyPrefix !== undefined)
  const read = reading.read(savepoint, operator, state)
  const from = read.table
  const isRetyped = state.type !== to.state.type
  const map = (inScope ? options.map : undefined) ?? (isRetyped ? retyped(from, to) : null)
  const rekey = inScope ? (options.rekey ?? null) : null
  const pieces = (scratch: () => Promise<string>): AsyncIterable<EntryRows> => {
    let rows: AsyncIterable<EntryRows> = read.rows()
    if (selected) rows = selectedOf(from, rows, options)
    if (selected && state.kind === 'list') rows = renumbered(rows)
    if (map !== null) rows = mappedRows(from, to, rows, map)
    if (rekey === null && keyGroups === savepoint.manifest.keyGroups) return rows
    rows = withStarts(to, rows)
    const sorter = new RowSorter(to, scratch, options.sortRows)
    const moved = rekey === null ? null : rekeyedRows(to, rows, rekey, keyGroups)
    return mergedKeys(to, sortedRows(sorter, moved ?? withGroups(to, rows, keyGroups)), {
      merge: options.merge ?? null,
      refused: overlappingKeys('new keys', 'give a function merge(left, right, {key, …}) beside rekey'),
    })
  }
  return { table: to, pieces, before: read.counts }
}

async function* withGroups(
  table: KeptState['to'],
  pieces: AsyncIterable<EntryRows>,
  keyGroups: number,
): AsyncGenerator<EntryRows> {
  for await (const rows of pieces) yield regrouped(table, rows, keyGroups)
}

async function* sortedRows(sorter: RowSorter, pieces: AsyncIterable<EntryRows>): AsyncGenerator<EntryRows> {
  for await (const rows of pieces) await sorter.add(rows)
  yield* sorter.sorted()
}

function nameChanges({ renameUid, renameState, drop, retype }: RewriteOptions): NameChanges {
  return {
    renameUid: new Map(Object.entries(renameUid ?? {})),
    renameState: new Map(Object.entries(renameState ?? {})),
    drop: new Set(drop),
    retype: new Map(Object.entries(retype ?? {})),
  }
}

function isInScope(scope: readonly string[] | undefined, uid: string, state: string): boolean {
  // Without ids a handoff would apply records twice: they are changed by name alone.
  if (scope === undefined) return !isOverlap(uid)
  return scope.includes(uid) || scope.includes(`${uid}/${state}`)
}

function checkScope(scope: readonly string[] | undefined, { manifest }: Savepoint): void {
  const known = manifest.operators.flatMap(({ uid, states }) => [
    uid,
    ...states.map(({ name }) => `${uid}/${name}`),
  ])
  const unknown = scope?.find(what => !known.includes(what))
  if (unknown === undefined) return
  throw invalid({ code: 'unknown-state', thing: unknown, expected: `one of ${known.join(', ')}` })
}

function checkedKeyGroups(keyGroups: number): number {
  if (Number.isSafeInteger(keyGroups) && keyGroups >= 1 && keyGroups <= maxKeyGroups) return keyGroups
  const expected = `a whole number from 1 to ${maxKeyGroups}`
  throw invalid({ code: 'bad-key-groups', thing: 'key groups', expected, found: String(keyGroups) })
}

/** The options in short, for the audit entry. */
function summaryOf(options: RewriteOptions): readonly string[] {
  const { renameUid, renameState, drop, retype, where, keyPrefix, of, keyGroups } = options
  const plain = { renameUid, renameState, drop, retype, where, keyPrefix, of, keyGroups }
  const functions = (['map', 'rekey', 'merge'] as const).filter(name => options[name] !== undefined)
  const given = Object.entries(plain).filter(([, value]) => value !== undefined)
  return [...given.map(([name, value]) => `${name} ${JSON.stringify(value)}`), ...functions]
}
