/** Everything one key has, across operators and states; where it has nothing, the keys that look most like it. */
import { HeadwaterError } from '../errors.ts'
import { keyCodec, type Key, type KeySchema } from '../record/key.ts'
import type { StateSchema } from '../state/state.ts'
import type { Manifest, ManifestOperator } from './manifest.ts'
import { nearKeys } from './near-keys.ts'
import { readPinned } from './pinned.ts'
import type { Savepoint } from './savepoint.ts'
import { openStateReader } from './state-reader.ts'
import type { StoredEntry } from './stored-entry.ts'

/** What a key has in one operator. */
export interface OperatorEntries {
  readonly uid: string
  readonly schema: KeySchema
  readonly key: Key
  readonly group: number
  readonly states: readonly { readonly state: StateSchema; readonly entry: StoredEntry }[]
}

/** What a key has in a savepoint. */
export interface KeyContents {
  /** Whether any state has an entry. */
  readonly found: boolean
  /** Every operator whose keys may be such a key, in the manifest's order. */
  readonly operators: readonly OperatorEntries[]
  /** When nothing was found: keys that are there and look like it, the nearest first; at most three. */
  readonly near: readonly Key[]
}

/**
 * Everything that a key has, in every operator whose keys may be such a key. A key is a value, of several fields an array of
 * them. Errors: `data`, code `wrong-type` and the like, for a key that no operator can have; those of `pin` and of reading.
 */
export async function get(savepoint: string | Savepoint, key: Key): Promise<KeyContents> {
  return getKey(savepoint, schema => keyCodec(schema).check(key))
}

/**
 * Looks a key up in all operators. `keyFor` makes the key for an operator's key schema, or throws an error of ours where
 * the text can't be one; only when it can be none of any operator is that error thrown on.
 * Errors beside: those of `pin` and `StateReader.fetch`.
 */
export async function getKey(
  savepoint: string | Savepoint,
  keyFor: (schema: KeySchema) => Key,
): Promise<KeyContents> {
  return readPinned(savepoint, opened => contentsOf(opened, keyFor))
}

async function contentsOf(savepoint: Savepoint, keyFor: (schema: KeySchema) => Key): Promise<KeyContents> {
  const asked = askedKeys(savepoint.manifest, keyFor)
  const operators: OperatorEntries[] = []
  for (const { operator, key } of asked) operators.push(await entriesOf(savepoint, operator, key))
  const found = operators.some(({ states }) => states.some(({ entry }) => entry.kind !== 'absent'))
  const near: Key[] = []
  if (!found)
    for (const { operator, key } of asked) near.push(...(await nearKeys(savepoint, operator, key, 3)))
  return { found, operators, near: distinct(near).slice(0, 3) }
}

interface Asked {
  readonly operator: ManifestOperator
  readonly key: Key
}

function askedKeys({ operators }: Manifest, keyFor: (schema: KeySchema) => Key): readonly Asked[] {
  const refusals: HeadwaterError[] = []
  const asked = operators.flatMap((operator): Asked[] => {
    try {
      return [{ operator, key: keyFor(operator.key) }]
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error
      refusals.push(error)
      return []
    }
  })
  if (asked.length === 0 && refusals[0]) throw refusals[0]
  return asked
}

async function entriesOf(
  savepoint: Savepoint,
  operator: ManifestOperator,
  key: Key,
): Promise<OperatorEntries> {
  const { uid, key: schema } = operator
  const group = keyCodec(schema).group(key, savepoint.manifest.keyGroups)
  const states: { state: StateSchema; entry: StoredEntry }[] = []
  for (const { name, kind, type } of operator.states) {
    const reader = openStateReader(savepoint, uid, name)
    try {
      const [entry] = await reader.fetch([{ group, key }])
      states.push({ state: { name, kind, type }, entry: entry as StoredEntry })
    } finally {
      await reader.close()
    }
  }
  return { uid, schema, key, group, states }
}

function distinct(keys: readonly Key[]): readonly Key[] {
  return [...new Map(keys.map(key => [String(key), key])).values()]
}
