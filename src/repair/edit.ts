/**
 * `edit`: state of single keys set, patched or deleted, in a new savepoint. The changes become the newest layer in memory,
 * and each state is folded with its one as layers always are: a tombstone removes, a row replaces.
 */
import { readSettled } from '../savepoint/pin-settled.ts'
import type { EntryRows, Savepoint } from '../savepoint/savepoint.ts'
import { foldedPieces } from '../savepoint/scan.ts'
import { planEdits, type PlannedState } from './edit-plan.ts'
import type { Edit } from './edits.ts'
import type { Json } from '../codec/json-value.ts'
import { EntryBuilder } from './entry-builder.ts'
import { entryToJson, keyToJson } from '../savepoint/entry-json.ts'
import { sameEntry } from './entry-forms.ts'
import { keptProgress } from './kept-progress.ts'
import { writeSavepoint, type NewState } from './new-savepoint.ts'
import { ReadingProgress, statesOf, type ReadState } from './read-states.ts'
import type { RepairOptions, RepairReport } from './repair.ts'

/** One key's change, in JSON forms; undefined where there was or is nothing. */
export interface EditChange {
  readonly uid: string
  readonly state: string
  readonly key: Json
  readonly before: Json | undefined
  readonly after: Json | undefined
}

/** What an edit did, or would do. */
export interface EditReport extends RepairReport {
  /** Edits that say what is there already are not among them. */
  readonly changes: readonly EditChange[]
}

const builtRows = 4096

/**
 * Makes a savepoint with the edits at `options.into`. Any number of edits, one a key and state; they are held in memory, the
 * savepoint is not. Errors: those of `pinSettled`; `invalid`, codes `unknown-state`, `bad-edit`, `foreign-folder`; `data`,
 * `wrong-type` and the like, for what does not fit the stored schema; `conflict`, codes `stale-edit` (listing the keys) and
 * `savepoint-exists`; `unavailable`.
 */
export async function edit(
  from: string | Savepoint,
  edits: AsyncIterable<Edit> | Iterable<Edit>,
  options: RepairOptions,
): Promise<EditReport> {
  return readSettled(from, savepoint => editPinned(savepoint, edits, options))
}

async function editPinned(
  savepoint: Savepoint,
  edits: AsyncIterable<Edit> | Iterable<Edit>,
  options: RepairOptions,
): Promise<EditReport> {
  const planned = await planEdits(savepoint, edits)
  const changes = changesOf([...planned.values()])
  const { manifest } = savepoint
  const reading = new ReadingProgress([manifest], options.onProgress)
  const states = statesOf(manifest).map(({ operator, state }) => {
    const read = reading.read(savepoint, operator, state)
    return editedState(read, planned.get(`${operator.uid}/${state.name}`))
  })
  const report = await writeSavepoint(
    {
      ...keptProgress(savepoint),
      command: 'edit',
      summary: [counted(changes.length, 'change')],
      operators: manifest.operators,
      states,
      dropped: [],
    },
    options,
  )
  return { ...report, changes }
}

function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

function editedState({ table, rows, counts }: ReadState, planned: PlannedState | undefined): NewState {
  const pieces = planned === undefined ? rows : () => foldedPieces(table, [rows(), newestLayer(planned)])
  return { table, pieces, before: counts }
}

/** The changes as a layer above what is stored. */
async function* newestLayer({ stored, changes }: PlannedState): AsyncGenerator<EntryRows> {
  const builder = new EntryBuilder(stored.table, 'delta')
  for (const { group, key, after } of changes) {
    builder.add(group, key, after)
    const rows = builder.length >= builtRows ? builder.finish() : null
    if (rows !== null) yield rows
  }
  const rest = builder.finish()
  if (rest !== null) yield rest
}

function changesOf(planned: readonly PlannedState[]): readonly EditChange[] {
  return planned.flatMap(({ stored: { table }, changes }) =>
    changes
      .filter(({ before, after }) => !sameEntry(table.state, before, after))
      .map(({ key, before, after }) => ({
        uid: table.uid,
        state: table.state.name,
        key: keyToJson(table.key, key),
        before: entryToJson(table.state, before),
        after: entryToJson(table.state, after),
      })),
  )
}
