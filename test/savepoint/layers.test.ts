import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import fc, { type Arbitrary } from 'fast-check'
import { systemClock } from '../../src/clock.ts'
import { keyCodec, type Key } from '../../src/record/key.ts'
import type { MapKey } from '../../src/record/map-key.ts'
import type { TypeSpec } from '../../src/record/type.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { foldLayers } from '../../src/savepoint/fold.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { Savepoint, StateTable } from '../../src/savepoint/savepoint.ts'
import type { SegmentOptions } from '../../src/savepoint/segment-writer.ts'
import { openStateReader } from '../../src/savepoint/state-reader.ts'
import type { StoredEntry } from '../../src/savepoint/stored-entry.ts'
import { keyOf, table as anyTable, valueOf } from './arbitraries.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { collect, draftOf, NaiveState, writeLayers, type Change, type MapChange } from './model.ts'
import { countingClock, inTempFolder, sampleDraft } from './samples.ts'

interface Case {
  readonly table: StateTable
  readonly keyGroups: number
  readonly blockBytes: number
  readonly keys: readonly Key[]
  readonly layers: readonly (readonly Change[])[]
}

/** Layers of random changes over a few keys; elements of lists go on where the list ends, or replace. */
const anyCase: Arbitrary<Case> = anyTable.chain(table =>
  fc
    .record({
      keys: fc.uniqueArray(keyOf(table), {
        minLength: 1,
        maxLength: 12,
        selector: key => nameOf(table, key),
      }),
      keyGroups: fc.constantFrom(1, 3, 256),
      blockBytes: fc.constantFrom(1, 60, 32768),
    })
    .chain(({ keys, keyGroups, blockBytes }) =>
      fc
        .array(fc.array(changeOf(table, keys), { maxLength: 12 }), { minLength: 1, maxLength: 5 })
        .map(layers => ({ table, keyGroups, blockBytes, keys, layers: fitting(table, layers) })),
    ),
)

function changeOf({ state }: StateTable, keys: readonly Key[]): Arbitrary<Change> {
  const most = state.kind === 'list' ? 4 : state.kind === 'map' ? 0 : 1
  return fc.record({
    key: fc.constantFrom(...keys),
    clear: fc.boolean(),
    values: fc.array(valueOf(state.type), { maxLength: most }),
    from: fc.nat(3),
    entries: state.kind === 'map' && state.type.kind === 'map' ? entriesOf(state.type) : fc.constant([]),
  })
}

/** Some entries of a map, and removals of some; few keys, so that layers meet. */
function entriesOf({ key, value }: { key: TypeSpec; value: TypeSpec }): Arbitrary<MapChange[]> {
  const mapKey = valueOf(key) as Arbitrary<MapKey>
  const entry = fc.record({ mapKey, value: valueOf(value), deleted: fc.boolean() })
  return fc.uniqueArray(entry, { maxLength: 6, selector: each => each.mapKey })
}

function nameOf(table: StateTable, key: Key): string {
  return Buffer.from(keyCodec(table.key).bytes(key)).toString('hex')
}

/** One change a key and layer; no gaps in lists, and in the base nothing is cleared. */
function fitting(table: StateTable, layers: readonly (readonly Change[])[]): Change[][] {
  const model = new NaiveState(table)
  return layers.map((changes, layer) => {
    const byKey = new Map(changes.map(change => [nameOf(table, change.key), change]))
    const fitted = [...byKey.values()].map(change => {
      const clear = change.clear && layer > 0
      const length = clear ? 0 : model.get(change.key).length
      const entries = change.entries?.filter(({ deleted }) => layer > 0 || deleted !== true)
      return { ...change, clear, from: Math.min(change.from ?? 0, length), entries: entries ?? [] }
    })
    model.apply(fitted)
    return fitted
  })
}

/** Writes the case as a savepoint and works on it. */
async function written<T>(
  { table, keyGroups, layers }: Pick<Case, 'table' | 'keyGroups' | 'layers'>,
  options: SegmentOptions,
  work: (savepoint: Savepoint) => Promise<T>,
): Promise<T> {
  return inTempFolder(async root => {
    const folder = await prepareFolder(`${root}/savepoint`, countingClock())
    const state = await writeLayers(folder, table, keyGroups, layers, options)
    await folder.commit(sampleDraft(draftOf(table, state, keyGroups)))
    return work(await openSavepoint(`${root}/savepoint`))
  })
}

function entryOf(table: StateTable, values: readonly unknown[]): StoredEntry {
  if (values.length === 0) return { kind: 'absent' }
  if (table.state.kind === 'map') return { kind: 'map', entries: new Map(values as [MapKey, unknown][]) }
  return table.state.kind === 'list'
    ? { kind: 'list', elements: values }
    : { kind: 'value', value: values[0] }
}

/** What makes these of a key that has nothing. */
function changeTo({ state }: StateTable, key: Key, values: readonly unknown[]): Change {
  if (state.kind !== 'map') return { key, clear: false, values }
  const entries = (values as [MapKey, unknown][]).map(([mapKey, value]) => ({ mapKey, value }))
  return { key, clear: false, values: [], entries }
}

describe('layers of a state', () => {
  it('scan, point reads and fold say what a naive model says, for every type, kind, key and block size', async function () {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ table, keyGroups, blockBytes, keys, layers }) => {
        const model = new NaiveState(table)
        for (const changes of layers) model.apply(changes)
        await written({ table, keyGroups, layers }, { blockBytes }, async savepoint => {
          const expected = model.sorted(keyGroups)
          expect(await collect(table, scanState(savepoint, 'op', 'state'))).to.deep.equal(expected)
          const half = [0, keyGroups >> 1] as const
          expect(await collect(table, scanState(savepoint, 'op', 'state', { groups: half }))).to.deep.equal(
            expected.filter(([group]) => (group as number) < half[1]),
          )
          const reader = openStateReader(savepoint, 'op', 'state', { cachedBlocks: 2 })
          const group = (key: Key) => keyCodec(table.key).group(key, keyGroups)
          const requests = [...keys, ...keys].map(key => ({ key, group: group(key) }))
          const entries = await reader.fetch(requests)
          await reader.close()
          expect(entries).to.deep.equal(requests.map(({ key }) => entryOf(table, model.get(key))))
          for (const [i, entry] of entries.entries()) {
            if (entry.kind !== 'map') continue
            const values = model.get(requests[i]!.key) as [MapKey][]
            expect([...entry.entries.keys()]).to.deep.equal(values.map(([mapKey]) => mapKey))
          }
        })
      }),
      { numRuns: 100 },
    )
  })

  it('have a digest that knows nothing of layers, blocks and the order of building', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ table, keyGroups, blockBytes, layers }) => {
        const model = new NaiveState(table)
        for (const changes of layers) model.apply(changes)
        const flat = [...model.entries.values()]
          .reverse()
          .map(({ key, values }) => changeTo(table, key, values))
        const layered = await written({ table, keyGroups, layers }, { blockBytes }, async savepoint => {
          const digest = await stateDigest(savepoint)
          await inTempFolder(async root => {
            const folder = await prepareFolder(root, countingClock())
            const { layers: stored } = savepoint.manifest.operators[0]!.states[0]!
            const source = savepoint.folder
            const folded = await foldLayers({ folder, source, table, layers: stored, keyGroups })
            const state = { ...table.state, layers: folded! }
            await folder.commit(sampleDraft(draftOf(table, state, keyGroups)))
            expect(await stateDigest(await openSavepoint(root))).to.equal(digest)
          })
          await upperMerged(savepoint, table, digest)
          return digest
        })
        const atOnce = await written({ table, keyGroups, layers: [flat] }, {}, stateDigest)
        expect(layered).to.equal(atOnce)
      }),
      { numRuns: 40 },
    )
  })
})

/** Whichever upper layers are brought together, the contents stay the same. */
async function upperMerged(savepoint: Savepoint, table: StateTable, digest: string): Promise<void> {
  const { keyGroups, operators } = savepoint.manifest
  const { layers } = operators[0]!.states[0]!
  for (let from = 1; from < layers.length; from++) {
    await inTempFolder(async root => {
      const folder = await prepareFolder(root, systemClock)
      const { folder: source } = savepoint
      const merged = await foldLayers({ folder, source, table, layers, from, keyGroups })
      expect(merged!.length).to.be.at.most(from + 1)
      for (const name of await readdir(join(source, 'segments')))
        await copyFile(join(source, 'segments', name), join(root, 'segments', name))
      await folder.commit(sampleDraft(draftOf(table, { ...table.state, layers: merged! }, keyGroups)))
      expect(await stateDigest(await openSavepoint(root))).to.equal(digest)
      expect((await verifySavepoint(root)).findings.filter(({ level }) => level === 'error')).to.deep.equal(
        [],
      )
    })
  }
}

describe('the state digest', () => {
  const key = { fields: [{ name: 'k', type: { kind: 'string' as const } }] }
  const digestOf = (
    kind: 'value' | 'list',
    type: StateTable['state']['type'],
    entries: [string, unknown[]][],
  ) => {
    const table: StateTable = { uid: 'op', key, state: { name: 'state', kind, type } }
    const changes = entries.map(([k, values]) => ({ key: k, clear: false, values }))
    return written({ table, keyGroups: 2, layers: [changes] }, {}, stateDigest)
  }

  it('tells apart what is different', async () => {
    const float = { kind: 'float64' as const }
    const optional = { kind: 'optional' as const, of: { kind: 'string' as const } }
    const digests = await Promise.all([
      digestOf('value', float, []),
      digestOf('value', float, [['a', [0]]]),
      digestOf('value', float, [['a', [-0]]]),
      digestOf('value', float, [['a', [NaN]]]),
      digestOf('value', float, [['b', [0]]]),
      digestOf('value', { kind: 'safeInt64' }, [['a', [0]]]),
      digestOf('list', float, [['a', [0]]]),
      digestOf('list', float, [['a', [0, 0]]]),
      digestOf('value', optional, [['a', [null]]]),
      digestOf('value', optional, [['a', ['']]]),
      digestOf('value', { kind: 'string' }, [['ab', ['c']]]),
      digestOf('value', { kind: 'string' }, [['a', ['bc']]]),
    ])
    expect(new Set(digests).size).to.equal(digests.length)
  })
})
