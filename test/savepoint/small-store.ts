/** Steps of an owner of a small store, as a live run takes them: for several processes at one store. */
import { systemClock } from '../../src/clock.ts'
import { openStore, type CheckpointStore } from '../../src/savepoint/checkpoint-store.ts'
import { foldLayers } from '../../src/savepoint/fold.ts'
import type { Layer, ManifestKind } from '../../src/savepoint/manifest.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import { draftOf, entryRowsOf } from './model.ts'
import { sampleDraft } from './samples.ts'

const keyGroups = 4

/** Its one state. */
export const smallTable: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}

/** An owner with the layers that it has in memory. */
export interface SmallOwner {
  readonly store: CheckpointStore
  layers: readonly Layer[]
}

/** Opens the store, and goes on from its newest checkpoint. */
export async function smallOwner(path: string): Promise<SmallOwner> {
  return ownerOf(await openStore(path, systemClock))
}

/** Goes on from the newest checkpoint of a store that is open. */
export async function ownerOf(store: CheckpointStore): Promise<SmallOwner> {
  const newest = await store.newest()
  return { store, layers: newest?.manifest.operators[0]?.states[0]?.layers ?? [] }
}

/** Writes a layer with one entry. */
export async function writeEntry(owner: SmallOwner, key: string): Promise<void> {
  const place = owner.layers.length === 0 ? 'base' : 'delta'
  const writer = openSegment(owner.store, smallTable, place)
  writer.append(entryRowsOf(smallTable, place, keyGroups, [{ key, value: owner.layers.length }]))
  owner.layers = [...owner.layers, { segments: [await writer.finish()] }]
}

/** Folds the layers from a number on. */
export async function mergeLayers(owner: SmallOwner, from: number): Promise<void> {
  const { store, layers } = owner
  owner.layers = (await foldLayers({ folder: store, table: smallTable, layers, from, keyGroups }))!
}

/** Commits what it has as the next checkpoint. */
export async function commitLayers(
  { store, layers }: SmallOwner,
  kind: ManifestKind = 'checkpoint',
): Promise<void> {
  const draft = draftOf(smallTable, { ...smallTable.state, layers }, keyGroups)
  await store.commit(store.newestNumber + 1, { ...sampleDraft(draft), kind, stateDigest: null })
}

/** A store of so many checkpoints, each with a layer more; nobody is at it afterwards. */
export async function makeSmallStore(path: string, checkpoints: number): Promise<void> {
  const owner = await smallOwner(path)
  for (let i = 0; i < checkpoints; i++) {
    await writeEntry(owner, `key ${i}`)
    await commitLayers(owner)
  }
  await owner.store.close()
}
