/** Functions that users write for repairs, and the modules that they are in. */
import { HeadwaterError, badData, invalid, messageOf } from '../errors.ts'
import { importJobFile } from '../job/import-job-file.ts'
import { locateJobFile } from '../job/job-file.ts'
import type { MapKey } from '../record/map-key.ts'
import { keyCodec, type Key } from '../record/key.ts'
import { checkValue, shown, storedValue } from '../record/value.ts'
import type { StateTable } from '../savepoint/savepoint.ts'
import { absentEntry, type StoredEntry } from '../savepoint/stored-entry.ts'
import type { StateKind } from '../state/state.ts'

/** What one key has in one state. */
export interface Entry {
  readonly uid: string
  readonly state: string
  readonly kind: StateKind
  /** A value, or of several fields an array of them. */
  readonly key: Key
  /** Of the state's type; of a list state the array of its elements, of a map state a Map. */
  readonly value: unknown
}

/** Gives the new value of an entry, of the same type; undefined removes the entry. */
export type MapEntry = (entry: Entry) => unknown

/** Gives the new key of an entry, of the same schema; undefined removes the entry. */
export type RekeyEntry = (entry: Entry) => Key | undefined

/** Gives the one value for two that met at one key; `left` is the one that stood first. */
export type MergeEntries = (left: unknown, right: unknown, entry: Omit<Entry, 'value'>) => unknown

interface Functions {
  readonly map: MapEntry
  readonly rekey: RekeyEntry
  readonly merge: MergeEntries
}

/**
 * The function that a module exports by that name (or as its default); null when it may be missing and is. Errors: `invalid`,
 * codes `no-such-file`, `job-syntax` and others of job files, `no-transform`.
 */
export async function functionFrom<N extends keyof Functions>(file: string, name: N): Promise<Functions[N]> {
  const found = await optionalFunctionFrom(file, name, true)
  if (found !== null) return found
  const remedy = `export function ${name}(…) { … }`
  throw invalid({
    code: 'no-transform',
    thing: file,
    expected: `an exported function ${name}`,
    found: 'none',
    remedy,
  })
}

/** The same, null where there is none; `main`: the module's default may be it. */
export async function optionalFunctionFrom<N extends keyof Functions>(
  file: string,
  name: N,
  main: boolean = false,
): Promise<Functions[N] | null> {
  const { path } = await locateJobFile(file)
  const exports = await importJobFile(path)
  const found = exports[name] ?? (main ? exports['default'] : undefined)
  return typeof found === 'function' ? (found as Functions[N]) : null
}

/** An entry as functions are given it. */
export function entryFor({ uid, state }: StateTable, key: Key, entry: StoredEntry): Entry {
  const value = valueOf(entry)
  return { uid, state: state.name, kind: state.kind, key, value }
}

function valueOf(entry: StoredEntry): unknown {
  switch (entry.kind) {
    case 'absent':
      return undefined
    case 'value':
      return entry.value
    case 'list':
      return entry.elements
    case 'map':
      return entry.entries
  }
}

/** Calls a function of the user's; what it throws becomes `data`, code `transform-failed`, with the entry. */
export function called<T>(table: StateTable, key: Key, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof HeadwaterError) throw error
    throw badData({
      code: 'transform-failed',
      thing: thingOf(table, key),
      found: messageOf(error),
      cause: error,
    })
  }
}

/** The entry of what a function gave, checked against the state. Errors: `data`, codes `wrong-type`, `lone-surrogate`. */
export function entryOf(table: StateTable, key: Key, value: unknown): StoredEntry {
  if (value === undefined) return absentEntry
  const { kind, type } = table.state
  const thing = thingOf(table, key)
  if (kind !== 'list') {
    checkValue(type, value, thing)
    const stored = storedValue(type, value)
    if (kind !== 'map') return { kind: 'value', value: stored }
    const entries = stored as ReadonlyMap<MapKey, unknown>
    return entries.size === 0 ? absentEntry : { kind: 'map', entries }
  }
  if (!Array.isArray(value))
    throw badData({ code: 'wrong-type', thing, expected: 'an array', found: shown(value) })
  if (value.length === 0) return absentEntry
  for (const [i, element] of (value as readonly unknown[]).entries())
    checkValue(type, element, `${thing}[${i}]`)
  return { kind: 'list', elements: (value as readonly unknown[]).map(element => storedValue(type, element)) }
}

/** The key that a function gave, checked. Errors: `data`, as `KeyCodec.check`'s. */
export function checkedKey(table: StateTable, before: Key, key: unknown): Key {
  return called(table, before, () => keyCodec(table.key).check(key))
}

/** For messages. */
export function thingOf({ uid, state }: StateTable, key: Key): string {
  return `${uid}/${state.name} of key ${typeof key === 'object' ? key.join(', ') : String(key)}`
}
