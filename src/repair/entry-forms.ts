/** What a key has in a state, in its JSON form and back; keys alike. */
import { jsonText } from '../codec/json-text.ts'
import { valueFromJson, type Json } from '../codec/json-value.ts'
import { keyCodec, type Key, type KeyPart, type KeySchema } from '../record/key.ts'
import type { MapKey } from '../record/map-key.ts'
import { required } from '../record/type.ts'
import { entryToJson } from '../savepoint/entry-json.ts'
import { absentEntry, type StoredEntry } from '../savepoint/stored-entry.ts'
import { storedValue } from '../record/value.ts'
import type { StateSchema } from '../state/state.ts'
import { badEdit, type Edit } from './edits.ts'
import { mergePatch, patchedList, patchedMap } from './patch.ts'

/** The entry of a JSON form, checked against the schema; an empty list is nothing. Errors: `data`, as `valueFromJson`'s. */
export function entryFromJson({ kind, type }: StateSchema, json: Json, thing: string): StoredEntry {
  if (kind === 'map') {
    const entries = storedValue(type, valueFromJson(type, json, thing)) as ReadonlyMap<MapKey, unknown>
    return entries.size === 0 ? absentEntry : { kind: 'map', entries }
  }
  if (kind !== 'list') return { kind: 'value', value: valueFromJson(type, json, thing) }
  if (!Array.isArray(json)) throw badEdit(thing, 'a list of elements', JSON.stringify(json).slice(0, 60))
  if (json.length === 0) return absentEntry
  const elements = (json as readonly Json[]).map((item, i) => valueFromJson(type, item, `${thing}[${i}]`))
  return { kind: 'list', elements }
}

/** What an edit makes of what there is. Errors: `invalid`, code `bad-edit`; `data`, as `valueFromJson`'s. */
export function editedEntry(state: StateSchema, before: StoredEntry, edit: Edit, thing: string): StoredEntry {
  if (edit.delete === true) return absentEntry
  if (edit.set !== undefined) return entryFromJson(state, edit.set, thing)
  return entryFromJson(state, patched(state, entryToJson(state, before), edit.patch as Json, thing), thing)
}

function patched({ kind, type }: StateSchema, before: Json | undefined, patch: Json, thing: string): Json {
  const spec = required(type).kind as string
  if (kind === 'list' || spec === 'list')
    return patchedList((before as readonly Json[] | null) ?? [], patch, thing)
  if (spec === 'map') return patchedMap((before as readonly Json[] | null) ?? [], patch, thing)
  if (spec === 'struct') return mergePatch(before, patch)
  throw badEdit(thing, 'a struct, a map or a list to patch', before === undefined ? 'nothing' : spec)
}

/** Whether two entries are the same, to the bit where JSON tells (NaN is NaN, −0 is not 0). */
export function sameEntry(state: StateSchema, a: StoredEntry, b: StoredEntry): boolean {
  return entryText(state, a) === entryText(state, b)
}

/** An entry for people. */
export function entryText(state: StateSchema, entry: StoredEntry): string {
  const json = entryToJson(state, entry)
  return json === undefined ? 'nothing' : jsonText(json)
}

/** The key of its JSON form. Errors: `data`, codes `wrong-type`, `null-key`, `missing-field`, `lone-surrogate`. */
export function keyFromJson(schema: KeySchema, json: Json, thing: string): Key {
  const codec = keyCodec(schema)
  const { fields } = schema
  const forms = fields.length === 1 && !Array.isArray(json) ? [json] : json
  if (!Array.isArray(forms) || forms.length !== fields.length)
    throw badEdit(thing, `a key of ${fields.map(({ name }) => name).join(', ')}`, JSON.stringify(json))
  const parts = fields.map(({ name, type }, i) =>
    valueFromJson(type, forms[i], `${thing}, key field '${name}'`),
  )
  return codec.check(codec.fromParts(parts as KeyPart[]))
}
