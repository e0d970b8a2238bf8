/** What a key has, as lines for programs and for people. */
import { jsonText } from '../codec/json-text.ts'
import { preview } from '../codec/preview.ts'
import { keyCodec, type Key, type KeySchema } from '../record/key.ts'
import { entryToJson, keyToJson } from '../savepoint/entry-json.ts'
import type { KeyContents } from '../savepoint/get.ts'
import type { StoredEntry } from '../savepoint/stored-entry.ts'
import type { StateSchema } from '../state/state.ts'
import { table } from './table.ts'

const shownElements = 20

/** One JSON object for each state in which the key has an entry. */
export function keyJson({ operators }: KeyContents): readonly string[] {
  return operators.flatMap(({ uid, schema, key, group, states }) =>
    states.flatMap(({ state, entry }) => {
      if (entry.kind === 'absent') return []
      const { name, kind } = state
      return [
        jsonText({
          uid,
          state: name,
          kind,
          keyGroup: group,
          key: keyToJson(schema, key),
          value: entryToJson(state, entry) ?? null,
        }),
      ]
    }),
  )
}

/** A table of all states, those without an entry too. */
export function keyLines({ operators }: KeyContents): readonly string[] {
  return operators.flatMap(({ uid, schema, key, group, states }) => [
    `operator ${uid}, key ${keyParts(schema, key).join(', ')}, key group ${group}`,
    ...table(
      ['state', 'kind', 'value'],
      states.map(({ state, entry }) => [state.name, state.kind, shownEntry(state, entry)]),
    ),
  ])
}

/** A key as it is typed. */
export function keyShown(key: Key): string {
  return typeof key === 'object' ? jsonText(key) : String(key)
}

function keyParts(schema: KeySchema, key: Key): readonly string[] {
  return keyCodec(schema)
    .parts(key)
    .map((part, i) => preview(schema.fields[i]!.type, part))
}

function shownEntry({ type }: StateSchema, entry: StoredEntry): string {
  switch (entry.kind) {
    case 'absent':
      return '-'
    case 'value':
      return preview(type, entry.value)
    case 'map':
      return preview(type, entry.entries)
    case 'list': {
      const shown = entry.elements.slice(0, shownElements).map(element => preview(type, element))
      const left = entry.elements.length - shown.length
      return `${shown.join(', ')}${left > 0 ? ` and ${left} more` : ''}`
    }
  }
}
