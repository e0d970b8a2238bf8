/** Patches of JSON forms: structs and maps by JSON merge patch (RFC 7396), lists by `{set, remove, append}`. */
import type { Json } from '../codec/json-value.ts'
import { badEdit } from './edits.ts'

/** A list with elements set by index, then those that stood at some indexes removed, then others appended. */
export function patchedList(list: readonly Json[], patch: Json, thing: string): readonly Json[] {
  const { set = {}, remove = [], append = [], ...strange } = objectOf(patch, thing)
  const [unknown] = Object.keys(strange)
  if (unknown !== undefined) throw badEdit(thing, 'a patch of set, remove and append', `'${unknown}'`)
  if (!Array.isArray(remove) || !Array.isArray(append))
    throw badEdit(thing, 'lists to remove and to append', JSON.stringify(patch).slice(0, 60))
  const items: Json[] = [...list]
  for (const [index, value] of Object.entries(objectOf(set, thing))) {
    items[placeIn(list, index, thing)] = value
  }
  const removed = new Set(
    (remove as readonly Json[]).map(index => placeIn(list, JSON.stringify(index), thing)),
  )
  return [...items.filter((_, i) => !removed.has(i)), ...(append as readonly Json[])]
}

/** Members of the patch over those of the value, null taking one away. */
export function mergePatch(value: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = new Map<string, Json>(isObject(value) ? Object.entries(value) : [])
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), change))
  }
  return Object.fromEntries(merged)
}

/** Entries of the patch over those of the map, null taking one away. A patch is pairs, or an object where keys are texts. */
export function patchedMap(pairs: readonly Json[], patch: Json, thing: string): readonly Json[] {
  const merged = new Map((pairs as readonly Pair[]).map(pair => [JSON.stringify(pair[0]), pair]))
  for (const [key, change] of patchPairs(patch, thing)) {
    const name = JSON.stringify(key)
    if (change === null) merged.delete(name)
    else merged.set(name, [key, mergePatch(merged.get(name)?.[1], change)])
  }
  return [...merged.values()]
}

type Pair = readonly [key: Json, value: Json]

function patchPairs(patch: Json, thing: string): readonly Pair[] {
  if (isObject(patch)) return Object.entries(patch)
  const pairs: readonly Json[] = Array.isArray(patch) ? (patch as readonly Json[]) : [null]
  if (pairs.every(isPair)) return pairs
  throw badEdit(thing, 'an object, or a list of [key, value]', JSON.stringify(patch).slice(0, 60))
}

function isPair(value: Json): value is Pair & Json {
  return Array.isArray(value) && value.length === 2
}

/** Whether it is an object that is no list. */
export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(value: Json, thing: string): { readonly [name: string]: Json } {
  if (isObject(value)) return value
  throw badEdit(thing, 'an object', JSON.stringify(value).slice(0, 60))
}

function placeIn(list: readonly Json[], index: string, thing: string): number {
  const place = /^\d+$/.test(index) ? Number(index) : -1
  if (place >= 0 && place < list.length) return place
  throw badEdit(thing, `an index below ${list.length}`, index)
}
