/**
 * A savepoint with everything in it: all kinds of state, nested and decimal values, maps, three layers with tombstones of
 * keys, of whole lists and maps and of single entries, a file of bad records. Of any size, and the same on every run.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import type { Field } from '../../src/record/record.ts'
import type { RequiredSpec, TypeSpec } from '../../src/record/type.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { badFilePath } from '../../src/savepoint/bad-files.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import type { ManifestDraft, ManifestOperator } from '../../src/savepoint/manifest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import type { WriteFolder } from '../../src/savepoint/write-folder.ts'
import { publishFile } from '../../src/source/parquet/publish-file.ts'
import { encodeRows } from '../../src/source/parquet/rows-writer.ts'
import type { StateKind } from '../../src/state/state.ts'
import { NaiveState, writeLayers, type Change } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'

/** A state with what was done to it, layer by layer. */
export interface LayeredState {
  readonly table: StateTable
  readonly layers: readonly (readonly Change[])[]
}

export const layeredKeyGroups = 16

const int32: TypeSpec = { kind: 'int32' }
const text: RequiredSpec = { kind: 'string' }
const money: TypeSpec = { kind: 'decimal', precision: 38, scale: 6 }
const purchase: TypeSpec = {
  kind: 'struct',
  fields: [
    { name: 'shop', type: text },
    { name: 'price', type: { kind: 'optional', of: { kind: 'decimal', precision: 9, scale: 2 } } },
    { name: 'tags', type: { kind: 'list', of: { kind: 'optional', of: text } } },
    { name: 'scan', type: { kind: 'optional', of: { kind: 'bytes' } } },
  ],
}
const average: TypeSpec = {
  kind: 'struct',
  fields: [
    { name: 'sum', type: money },
    { name: 'count', type: { kind: 'safeInt64' } },
  ],
}

const decimalOf = (n: number, scale: number): string => {
  const digits = String(Math.abs(n * 7919 + 1)).padStart(scale + 1, '0')
  return `${n % 2 === 0 ? '' : '-'}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const purchaseOf = (n: number): unknown => ({
  shop: ['', 'Zoë', '🜁', 'a\u0000b'][n % 4]!,
  price: n % 3 === 0 ? null : decimalOf(n, 2),
  tags: Array.from({ length: n % 4 }, (_, i) => (i === 1 ? null : `tag ${n}`)),
  scan: n % 5 === 0 ? null : Uint8Array.of(n & 255, 255, 0),
})

type Values = readonly [kind: StateKind, type: TypeSpec, value: (n: number) => unknown]

const plainStates: Readonly<Record<string, Values>> = {
  total: ['value', { kind: 'float64' }, n => [n / 3, NaN, -0, -Infinity][n % 4]],
  balance: ['value', money, n => decimalOf(n, 6)],
  last: ['value', purchase, purchaseOf],
  names: [
    'value',
    { kind: 'optional', of: { kind: 'map', key: text, value: { kind: 'optional', of: int32 } } },
    n =>
      n % 4 === 0
        ? null
        : new Map([
            ['a', n],
            ['b', null],
          ]),
  ],
  most: ['reducing', { kind: 'int64' }, n => BigInt(n) * 1_000_000_007n - 5n],
  average: ['aggregating', average, n => ({ sum: decimalOf(n, 6), count: n })],
  purchases: ['list', purchase, purchaseOf],
  days: ['list', { kind: 'optional', of: { kind: 'date' } }, n => (n % 3 === 0 ? null : n - 40)],
}

type Entries = readonly [key: RequiredSpec, value: TypeSpec, of: (n: number) => [key: never, value: unknown]]

const mapStates: Readonly<Record<string, Entries>> = {
  'by shop': [text, purchase, n => [['', 'z', 'Zoë', '🜁', '\uffee'][n % 5]! as never, purchaseOf(n)]],
  'by day': [
    { kind: 'date' },
    { kind: 'optional', of: money },
    n => [(n - 9) as never, n % 2 ? null : '0.000000'],
  ],
  'by hour': [
    { kind: 'timestamp', unit: 'ns' },
    { kind: 'list', of: { kind: 'timestamp', unit: 'us' } },
    n => [(1_322_697_600_000_000_000n + BigInt(n)) as never, [n, -n]],
  ],
  'by colour': [
    { kind: 'enum', values: ['red', 'grün', ''] },
    { kind: 'bytes' },
    n => [['red', 'grün', ''][n % 3]! as never, Uint8Array.of(n & 255)],
  ],
  flags: [{ kind: 'bool' }, { kind: 'int8' }, n => [(n % 2 === 0) as never, n % 100]],
}

/** What happens to key `n` of a value or a list in each layer; null: nothing. */
function changesOf(key: Change['key'], kind: StateKind, value: (n: number) => unknown, n: number): Step[] {
  const isList = kind === 'list'
  const inBase = n % 4 !== 3
  const two = (at: number): unknown[] => (isList ? [value(at), value(at + 1)] : [value(at)])
  const put = (at: number, from = 0): Change => ({ key, clear: false, values: two(at), from })
  const removed: Change = { key, clear: true, values: [] }
  return [
    inBase ? put(n) : null,
    n % 5 === 0 ? removed : n % 3 === 0 ? put(n + 1, inBase ? 2 : 0) : null,
    n % 7 === 0 ? { key, clear: isList, values: two(n + 2) } : n % 11 === 0 ? removed : null,
  ]
}

/** The same of a map: entries set and deleted, whole maps removed and replaced. */
function mapChangesOf(key: Change['key'], [, , entryOf]: Entries, n: number): Step[] {
  const entry = (at: number, deleted = false): Change['entries'] => {
    const [mapKey, value] = entryOf(at)
    return [{ mapKey, value: deleted ? null : value, deleted }]
  }
  const of = (clear: boolean, ...parts: Change['entries'][]): Change => {
    const entries = new Map(parts.flatMap(part => part!).map(each => [each.mapKey, each]))
    return { key, clear, values: [], entries: [...entries.values()] }
  }
  return [
    n % 4 === 3 ? null : of(false, entry(n), entry(n + 1), entry(n + 2)),
    n % 5 === 0 ? of(true) : n % 3 === 0 ? of(false, entry(n, true), entry(n + 3)) : null,
    n % 7 === 0 ? of(true, entry(n + 4)) : n % 2 === 0 ? of(false, entry(n + 1, true), entry(n + 2)) : null,
  ]
}

type Step = Change | null

/** All states, with that many keys before layers remove some. */
export function layeredStates(keys: number): readonly LayeredState[] {
  const customers = Array.from({ length: keys }, (_, n) => `${['c', 'ç', '🜁'][n % 3]!}${n}`)
  const rooms = Array.from({ length: keys }, (_, n) => [n - 3, n % 2 === 0, `r${n % 7}`] as const)
  const customer: StateTable['key'] = { fields: [{ name: 'customer', type: text }] }
  const room: StateTable['key'] = {
    fields: [
      { name: 'day', type: { kind: 'date' } },
      { name: 'open', type: { kind: 'bool' } },
      { name: 'room', type: text },
    ],
  }
  const layersOf = (steps: (key: Change['key'], n: number) => Step[], of: readonly Change['key'][]) => {
    const all = of.map((key, n) => steps(key, n))
    return [0, 1, 2].map(layer => all.flatMap(changes => changes[layer] ?? []))
  }
  const plain = Object.entries(plainStates).map(([name, [kind, type, value]], i): LayeredState => {
    const isRoom = i % 2 === 1
    const steps = (key: Change['key'], n: number): Step[] => changesOf(key, kind, value, n)
    return {
      table: { uid: isRoom ? 'rooms' : 'spend', key: isRoom ? room : customer, state: { name, kind, type } },
      layers: layersOf(steps, isRoom ? rooms : customers),
    }
  })
  const maps = Object.entries(mapStates).map(([name, entries], i): LayeredState => {
    const isRoom = i % 2 === 1
    const [key, value] = entries
    const state = { name, kind: 'map', type: { kind: 'map', key, value } } as const
    return {
      table: { uid: isRoom ? 'rooms' : 'spend', key: isRoom ? room : customer, state },
      layers: layersOf((of, n) => mapChangesOf(of, entries, n), isRoom ? rooms : customers),
    }
  })
  return [...plain, ...maps]
}

/** What a state comes to. */
export function contentsOf({ table, layers }: LayeredState): NaiveState {
  return layers.reduce((state, changes) => state.apply(changes), new NaiveState(table))
}

/** Writes the states' layers, up to `depth` of them, into a folder that is being made. */
export async function writeOperators(
  folder: WriteFolder,
  states: readonly LayeredState[],
  { blockBytes = 32768, depth = 3 } = {},
): Promise<ManifestOperator[]> {
  const operators: ManifestOperator[] = []
  for (const uid of new Set(states.map(({ table }) => table.uid))) {
    const own = states.filter(({ table }) => table.uid === uid)
    const written = []
    for (const { table, layers } of own)
      written.push(await writeLayers(folder, table, layeredKeyGroups, layers.slice(0, depth), { blockBytes }))
    operators.push({ uid, key: own[0]!.table.key, states: written })
  }
  return operators
}

/** Keys with any entry, by operator. */
function keysOf(states: readonly LayeredState[]): { readonly uid: string; readonly keys: number }[] {
  const keys = new Map<string, Set<string>>()
  for (const state of states) {
    const { uid } = state.table
    const all = keys.get(uid) ?? new Set()
    for (const name of contentsOf(state).entries.keys()) all.add(name)
    keys.set(uid, all)
  }
  return [...keys].map(([uid, { size }]) => ({ uid, keys: size }))
}

const badFields: readonly Field[] = [
  { name: 'where', type: text },
  { name: 'offset', type: { kind: 'safeInt64' } },
  { name: 'reason', type: text },
]
const badRows = [1, 2].map(offset => ({
  where: `purchases partition 0 offset ${offset}`,
  offset,
  reason: 'no number',
}))

interface LayeredOptions {
  readonly keys: number
  /** Only the states of these names. */
  readonly states?: readonly string[]
  readonly blockBytes?: number
  readonly clock?: () => Clock
}

/** Writes the savepoint: every member of its manifest is right, the state digest and the counts among them. */
export async function writeLayered(path: string, given: LayeredOptions): Promise<void> {
  const { keys, blockBytes, clock, states: names } = given
  const states = layeredStates(keys).filter(({ table }) => names?.includes(table.state.name) ?? true)
  const options = blockBytes === undefined ? {} : { blockBytes }
  const write = async (into: string, draft: Partial<ManifestDraft>): Promise<void> => {
    const folder = await prepareFolder(into, (clock ?? countingClock)())
    const operators = await writeOperators(folder, states, options)
    const { counts } = sampleDraft()
    await mkdir(join(into, 'bad'))
    const bad = await encodeRows('bad records', badFields, badRows)
    await publishFile(badFilePath(into, 'purchases', bad), bad)
    await folder.commit(
      sampleDraft({
        kind: 'checkpoint',
        keyGroups: layeredKeyGroups,
        operators,
        counts: { ...counts, operators: keysOf(states) },
        ...draft,
      }),
    )
  }
  const digest = await inTempFolder(async scratch => {
    await write(join(scratch, 'savepoint'), { stateDigest: null })
    return stateDigest(await openSavepoint(join(scratch, 'savepoint')))
  })
  await write(path, { stateDigest: digest })
}
