/** Who writes to a store of checkpoints: a table of few keys in layers, which grow, are merged, and are committed. */
import { expect } from 'chai'
import type { CheckpointStore } from '../../src/savepoint/checkpoint-store.ts'
import { foldLayers } from '../../src/savepoint/fold.ts'
import type { Layer } from '../../src/savepoint/manifest.ts'
import type { Pinned } from '../../src/savepoint/pinned.ts'
import type { Retention } from '../../src/savepoint/retention.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import type { Savepoint, StateTable } from '../../src/savepoint/savepoint.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import { collect, draftOf, entryRowsOf } from './model.ts'
import { sampleDraft } from './samples.ts'

const table: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}
const keyGroups = 4

/** What a checkpoint holds: total by key. */
export type Content = ReadonlyMap<string, number>

/** Who writes to the store: its owner, or one who was. */
export interface Actor {
  readonly store: CheckpointStore
  readonly retention: Retention
  readonly policy: Policy
  layers: readonly Layer[]
  content: Content
}

/** Which checkpoints are let go. */
export interface Policy {
  readonly keep: number
  readonly keepForMs: number
}

/** What the model knows of a checkpoint. */
export interface Known {
  readonly createdMs: number
  readonly content: Content
  readonly files: readonly string[]
}

/** Who reads a checkpoint, which holds it. */
export interface Reader {
  readonly pinned: Pinned
  readonly content: Content
  readonly file: string
}

export const policies: readonly Policy[] = [
  { keep: 1, keepForMs: 0 },
  { keep: 2, keepForMs: 0 },
  { keep: 1, keepForMs: 25 },
]

/** A layer more, with one key that is set or deleted, by `n`. */
export async function writeLayer(actor: Actor, n: number): Promise<void> {
  const key = 'abcde'[n % 5]!
  const isFirst = actor.layers.length === 0
  const deleted = !isFirst && n % 3 === 0
  const writer = openSegment(actor.store, table, isFirst ? 'base' : 'delta')
  writer.append(entryRowsOf(table, isFirst ? 'base' : 'delta', keyGroups, [{ key, value: n, deleted }]))
  const layer = { segments: [await writer.finish()] }
  actor.layers = [...actor.layers, layer]
  const content = new Map(actor.content)
  if (deleted) content.delete(key)
  else content.set(key, n)
  actor.content = content
}

/** The newest layers as one, from the place that `n` says. */
export async function mergeLayers(actor: Actor, n: number): Promise<void> {
  const { store, layers } = actor
  const from = n % Math.max(1, layers.length)
  const folded = await foldLayers({ folder: store, table, layers, from, keyGroups })
  actor.layers = folded!
}

/** Its layers as the next checkpoint. */
export async function commitLayers(
  { store, layers }: Actor,
  kind: 'start' | 'checkpoint',
  createdMs: number,
): Promise<void> {
  const draft = sampleDraft({ ...draftOf(table, { ...table.state, layers }, keyGroups), kind })
  await store.commit(store.newestNumber + 1, { ...draft, createdMs, stateDigest: null })
}

/** The savepoint holds just that. */
export async function holds(savepoint: Savepoint, content: Content): Promise<void> {
  const rows = await collect(table, scanState(savepoint, table.uid, table.state.name))
  const found = rows.map(([, key, , value]) => [key, value] as const)
  expect(new Map(found as [string, number][])).to.deep.equal(content)
}
