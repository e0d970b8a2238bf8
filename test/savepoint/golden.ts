/**
 * The golden savepoints of format version 1. `flat`: every plain type and key type, as values and lists in two layers.
 * `layers` and `store`: all kinds of state, nested and decimal values, in three layers. Their files are in fixtures.
 */
import type { Clock } from '../../src/clock.ts'
import type { RequiredSpec, TypeSpec } from '../../src/record/type.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { gc } from '../../src/savepoint/gc.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import {
  layeredKeyGroups,
  layeredStates,
  writeLayered,
  writeOperators,
  type LayeredState,
} from './layered.ts'
import { writeLayers, type Change } from './model.ts'
import { countingClock, sampleDraft } from './samples.ts'

const values: readonly (readonly [TypeSpec, readonly unknown[]])[] = [
  [{ kind: 'bool' }, [true, false, true]],
  [{ kind: 'int8' }, [-128, 127, 0]],
  [{ kind: 'int16' }, [-32768, 32767, 0]],
  [{ kind: 'int32' }, [-(2 ** 31), 2 ** 31 - 1, 0]],
  [{ kind: 'int64' }, [-(2n ** 63n), 2n ** 63n - 1n, 0n]],
  [{ kind: 'safeInt64' }, [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 0]],
  [{ kind: 'float32' }, [1.5, NaN, -0]],
  [{ kind: 'float64' }, [0.1, NaN, -Infinity]],
  [{ kind: 'string' }, ['', 'Zoë', '🜁']],
  [{ kind: 'bytes' }, [Uint8Array.of(), Uint8Array.of(0, 255), Uint8Array.of(7)]],
  [{ kind: 'date' }, [-1, 0, 19000]],
  [{ kind: 'timestamp', unit: 'ms' }, [-1, 0, 1_322_697_600_000]],
  [{ kind: 'timestamp', unit: 'us' }, [-1, 0, 1_322_697_600_000_001]],
  [{ kind: 'timestamp', unit: 'ns' }, [-1n, 0n, 1_322_697_600_000_000_001n]],
  [{ kind: 'enum', values: ['red', 'grün', ''] }, ['grün', '', 'red']],
  [{ kind: 'optional', of: { kind: 'int32' } }, [null, 5, null]],
  [{ kind: 'optional', of: { kind: 'string' } }, [null, '', 'x']],
]

const keys: readonly (readonly [readonly RequiredSpec[], readonly Change['key'][]])[] = [
  [[{ kind: 'string' }], ['', 'Zoë', 'zoe']],
  [[{ kind: 'int64' }], [-(2n ** 63n), 0n, 34n]],
  [[{ kind: 'bool' }], [true, false]],
  [
    [{ kind: 'date' }, { kind: 'enum', values: ['b', 'a'] }],
    [
      [0, 'a'],
      [0, 'b'],
      [-1, 'a'],
    ],
  ],
  [
    [{ kind: 'timestamp', unit: 'ms' }, { kind: 'string' }],
    [
      [-5, 'x'],
      [5, ''],
      [5, 'x'],
    ],
  ],
  [
    [{ kind: 'timestamp', unit: 'ns' }, { kind: 'int8' }, { kind: 'safeInt64' }],
    [
      [1n, -1, 9],
      [1n, 1, -9],
    ],
  ],
]

export const goldenKeyGroups = 16

/** Values of each type under text keys, lists of some, and a value under each key schema. */
export const goldenStates: readonly LayeredState[] = [
  ...values.map(([type, [a, b, c]], i): LayeredState => {
    const table: StateTable = {
      uid: 'values',
      key: { fields: [{ name: 'name', type: { kind: 'string' } }] },
      state: { name: `value ${i}`, kind: i % 2 === 0 ? 'value' : 'reducing', type },
    }
    const base = [put('anna', a), put('bert', b), put('carla', c)]
    const delta = [put('anna', c), { key: 'bert', clear: true, values: [] }, put('dora', a)]
    return { table, layers: i % 6 === 0 ? [base, delta] : [base] }
  }),
  ...values
    .filter((_, i) => i % 5 === 0)
    .map(([type, [a, b, c]], i): LayeredState => {
      const table: StateTable = {
        uid: 'lists',
        key: { fields: [{ name: 'store', type: { kind: 'int32' } }] },
        state: { name: `list ${i}`, kind: 'list', type },
      }
      const base = [put(1, a, b), put(2, c), put(-3, a)]
      const added: Change = { key: 1, clear: false, values: [c], from: 2 }
      return {
        table,
        layers: [
          base,
          [added, { key: 2, clear: true, values: [b, a] }, { key: -3, clear: true, values: [] }],
        ],
      }
    }),
  ...keys.map(([types, all], i): LayeredState => {
    const fields = types.map((type, f) => ({ name: `field ${f}`, type }))
    const table: StateTable = {
      uid: `keys ${i}`,
      key: { fields },
      state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
    }
    return { table, layers: [all.map((key, row) => put(key, row))] }
  }),
]

function put(key: Change['key'], ...of: unknown[]): Change {
  return { key, clear: false, values: of }
}

/** Writes it; the files in fixtures were made by this, once, at format version 1. */
export async function writeGolden(path: string, clock: Clock = countingClock()): Promise<void> {
  const folder = await prepareFolder(path, clock)
  const uids = [...new Set(goldenStates.map(({ table }) => table.uid))]
  const operators = []
  for (const uid of uids) {
    const states = []
    const own = goldenStates.filter(({ table }) => table.uid === uid)
    for (const { table, layers } of own)
      states.push(await writeLayers(folder, table, goldenKeyGroups, layers))
    operators.push({ uid, key: own[0]!.table.key, states })
  }
  const counts = { sources: sampleDraft().counts.sources, operators: [] }
  await folder.commit(
    sampleDraft({ kind: 'checkpoint', keyGroups: goldenKeyGroups, operators, counts, stateDigest: null }),
  )
}

/** What the golden savepoints `layers` and `store` hold. */
export const goldenLayers: readonly LayeredState[] = layeredStates(12)

/** Writes the golden savepoint `layers`; the files in fixtures were made by this, once, at format version 1. */
export async function writeGoldenLayers(path: string): Promise<void> {
  await writeLayered(path, { keys: 12, blockBytes: 300 })
}

/** Writes the golden store: three checkpoints, of which each has a layer more, and the first was let go. The same holds. */
export async function writeGoldenStore(path: string): Promise<void> {
  const store = await openStore(path, countingClock())
  for (const number of [1, 2, 3]) {
    const operators = await writeOperators(store, goldenLayers, { depth: number })
    const counts = { sources: [], operators: [] }
    const draft = { kind: 'checkpoint', keyGroups: layeredKeyGroups, operators, counts } as const
    await store.commit(number, sampleDraft({ ...draft, stateDigest: null }))
  }
  await store.close()
  await gc(path, { keep: 2 })
}
