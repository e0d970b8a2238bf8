/** Keys, and what they have in a state, in their JSON form. */
import { valueToJson, type Json } from '../codec/json-value.ts'
import { keyCodec, type Key, type KeySchema } from '../record/key.ts'
import type { StateSchema } from '../state/state.ts'
import type { StoredEntry } from './stored-entry.ts'

/** Undefined where there is nothing. */
export function entryToJson({ type }: StateSchema, entry: StoredEntry): Json | undefined {
  switch (entry.kind) {
    case 'absent':
      return undefined
    case 'value':
      return valueToJson(type, entry.value)
    case 'list':
      return entry.elements.map(element => valueToJson(type, element))
    case 'map':
      return valueToJson(type, entry.entries)
  }
}

/** The JSON form of a key: the part itself, or an array of them. */
export function keyToJson(schema: KeySchema, key: Key): Json {
  const parts = keyCodec(schema).parts(key)
  const forms = parts.map((part, i) => valueToJson(schema.fields[i]!.type, part))
  return forms.length === 1 ? (forms[0] as Json) : forms
}
