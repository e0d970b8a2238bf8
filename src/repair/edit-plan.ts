/**
 * What edits come to, before anything is written: each is checked against the stored schema and against what the key has
 * now, which is fetched by key: a stale expectation is found before the work begins.
 */
import { jsonText } from '../codec/json-text.ts'
import { conflict, type HeadwaterError } from '../errors.ts'
import { keyCodec, type Key } from '../record/key.ts'
import { findState, type StoredState } from '../savepoint/find-state.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import { openStateReader } from '../savepoint/state-reader.ts'
import { absentEntry, type StoredEntry } from '../savepoint/stored-entry.ts'
import { badEdit, checkedEdit, type Edit } from './edits.ts'
import { keyToJson } from '../savepoint/entry-json.ts'
import { editedEntry, entryFromJson, entryText, keyFromJson, sameEntry } from './entry-forms.ts'

/** One key's change. */
export interface PlannedChange {
  readonly group: number
  readonly key: Key
  readonly before: StoredEntry
  readonly after: StoredEntry
}

/** The changes of one state, in the order of the keys. Edits that change nothing are among them. */
export interface PlannedState {
  readonly stored: StoredState
  readonly changes: readonly PlannedChange[]
}

interface AskedEdit {
  readonly edit: Edit
  readonly group: number
  readonly key: Key
  /** For messages. */
  readonly thing: string
}

const fetchKeys = 1024
const shownStale = 5

/**
 * Plans them by `UID/STATE`. Errors: `invalid`, codes `unknown-state`, `bad-edit`, `duplicate-edit`; `data`, for keys and values
 * that are none of the schema; `conflict`, code `stale-edit`, naming the keys of which an expectation fails.
 */
export async function planEdits(
  savepoint: Savepoint,
  edits: AsyncIterable<Edit> | Iterable<Edit>,
): Promise<ReadonlyMap<string, PlannedState>> {
  const asked = await editsByState(savepoint, edits)
  const planned = new Map<string, PlannedState>()
  const stale: string[] = []
  for (const [path, { stored, list }] of asked) {
    planned.set(path, { stored, changes: await plannedChanges(savepoint, stored, list, stale) })
  }
  if (stale.length > 0) throw staleEdit(savepoint, stale)
  return planned
}

async function editsByState(
  savepoint: Savepoint,
  edits: AsyncIterable<Edit> | Iterable<Edit>,
): Promise<ReadonlyMap<string, { readonly stored: StoredState; readonly list: AskedEdit[] }>> {
  const asked = new Map<string, { readonly stored: StoredState; readonly list: AskedEdit[] }>()
  let number = 0
  for await (const given of edits) {
    const edit = checkedEdit(given, `edit ${++number}`)
    const path = `${edit.uid}/${edit.state}`
    const known = asked.get(path) ?? { stored: findState(savepoint, edit.uid, edit.state), list: [] }
    asked.set(path, known)
    const { key: schema } = known.stored.table
    const thing = `${path} of key ${jsonText(edit.key)}`
    const key = keyFromJson(schema, edit.key, thing)
    known.list.push({ edit, key, thing, group: keyCodec(schema).group(key, savepoint.manifest.keyGroups) })
  }
  for (const { stored, list } of asked.values()) sortByKey(stored, list)
  return asked
}

function sortByKey({ table }: StoredState, list: AskedEdit[]): void {
  const codec = keyCodec(table.key)
  const order = (a: AskedEdit, b: AskedEdit): number => a.group - b.group || codec.compare(a.key, b.key)
  list.sort(order)
  const twice = list.find((edit, i) => i > 0 && order(list[i - 1]!, edit) === 0)
  if (twice !== undefined) throw badEdit(twice.thing, 'one edit of a key and state', 'two')
}

async function plannedChanges(
  savepoint: Savepoint,
  { table }: StoredState,
  list: readonly AskedEdit[],
  stale: string[],
): Promise<readonly PlannedChange[]> {
  const reader = openStateReader(savepoint, table.uid, table.state.name)
  const changes: PlannedChange[] = []
  try {
    for (let at = 0; at < list.length; at += fetchKeys) {
      const some = list.slice(at, at + fetchKeys)
      const found = await reader.fetch(some)
      for (const [i, { edit, group, key, thing }] of some.entries()) {
        const before = found[i] as StoredEntry
        const expected = expectation(table, edit, thing)
        if (expected !== null && !sameEntry(table.state, before, expected)) {
          const facts = [entryText(table.state, expected), entryText(table.state, before)]
          stale.push(
            `${jsonText(keyToJson(table.key, key))} ${table.state.name} (${facts.join(' expected, ')} found)`,
          )
        } else changes.push({ group, key, before, after: editedEntry(table.state, before, edit, thing) })
      }
    }
  } finally {
    await reader.close()
  }
  return changes
}

/** What the key must have; null where the edit does not care. */
function expectation(
  { state }: StoredState['table'],
  { expect, expectAbsent }: Edit,
  thing: string,
): StoredEntry | null {
  if (expectAbsent === true) return absentEntry
  if (expect === undefined) return null
  if (expect === null && state.type.kind !== 'optional') return absentEntry
  return entryFromJson(state, expect, `${thing}, the expected value`)
}

function staleEdit({ folder }: Savepoint, stale: readonly string[]): HeadwaterError {
  const shown = stale.slice(0, shownStale).join('; ')
  const more = stale.length > shownStale ? `; and ${stale.length - shownStale} more` : ''
  return conflict({
    code: 'stale-edit',
    thing: folder,
    expected: 'the values that the edits expect',
    found: `others for ${stale.length} of them: ${shown}${more}`,
    remedy: 'look at what there is now, and make the edits anew; nothing was written',
  })
}
