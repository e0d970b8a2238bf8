/** What is stopped at each call: small changes to a folder of savepoints, each from a state that is made before. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { prepareFolder } from '../../src/savepoint/attempt-folder.ts'
import { openStore, type CheckpointStore } from '../../src/savepoint/checkpoint-store.ts'
import { compact } from '../../src/savepoint/compact.ts'
import { gc } from '../../src/savepoint/gc.ts'
import type { Layer, ManifestDraft, ManifestState } from '../../src/savepoint/manifest.ts'
import { settleChain } from '../../src/savepoint/settle.ts'
import { openSegment } from '../../src/savepoint/segment-writer.ts'
import type { StateTable } from '../../src/savepoint/savepoint.ts'
import { t } from '../../src/record/type.ts'
import { edit } from '../../src/repair/edit.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { archive } from '../../src/source/archive/archive.ts'
import { createFileLog } from '../../src/source/file-log/create-file-log.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { fileTransactions } from '../../test/live/file-transactions.ts'
import { draftOf, entryRowsOf, writeLayers } from '../../test/savepoint/model.ts'
import { sampleDraft } from '../../test/savepoint/samples.ts'

/** One change; `ls` of the folder tells the states before and after apart. */
export interface Scenario {
  readonly name: string
  /** Makes the state before. */
  prepare(folder: string): Promise<void>
  /** The change. */
  change(folder: string): Promise<unknown>
  /** What it leaves when it fails is for the next run to remove, as that of one that was killed. */
  readonly leavesToNext?: boolean
  /** What the next run does, which must succeed and clean up. */
  next(folder: string): Promise<unknown>
}

const table: StateTable = {
  uid: 'op',
  key: { fields: [{ name: 'k', type: { kind: 'string' } }] },
  state: { name: 'total', kind: 'value', type: { kind: 'float64' } },
}

const plain = (state: ManifestState): ReturnType<typeof sampleDraft> =>
  sampleDraft({ ...draftOf(table, state, 4), createdMs: 1 })

async function savepoint(path: string): Promise<void> {
  const folder = await prepareFolder(path, systemClock)
  const changes = ['a', 'b', 'c'].map(key => ({ key, clear: false, values: [1] }))
  try {
    await folder.commit(plain(await writeLayers(folder, table, 4, [changes])))
  } catch (error) {
    await folder.abandon()
    throw error
  }
}

async function checkpoint(store: CheckpointStore): Promise<void> {
  await store.commit(store.newestNumber + 1, await nextDraft(store))
}

async function nextDraft(store: CheckpointStore): Promise<ManifestDraft> {
  const newest = await store.newest()
  const layers: readonly Layer[] = newest?.manifest.operators[0]?.states[0]?.layers ?? []
  const place = layers.length === 0 ? 'base' : 'delta'
  const writer = openSegment(store, table, place)
  const key = `k${layers.length}`
  writer.append(entryRowsOf(table, place, 4, [{ key, value: layers.length }]))
  const state = { ...table.state, layers: [...layers, { segments: [await writer.finish()] }] }
  return { ...plain(state), kind: 'checkpoint' }
}

/** The place with transactions lies beside the folder that is watched: what it has decided it keeps. */
async function checkpointByTransaction(folder: string): Promise<void> {
  const system = fileTransactions(join(folder, '..', 'place')).connect({ clock: systemClock })
  const owner = { lineage: '5'.repeat(32), chain: 'main' }
  const store = await openStore(join(folder, 'store'), systemClock)
  try {
    await settleChain(store, { system, lineage: owner.lineage })
    // Its start: what owns the store from here on, and may remove what others left.
    await checkpoint(store)
    await store.removeLeftovers()
    const open = await system.open(owner)
    const pointer = await store.prepare(store.newestNumber + 1, await nextDraft(store))
    await open.commit(pointer)
    await store.publish(pointer)
  } finally {
    await store.close()
  }
}

/** After the next run nothing that was committed is missing, and nothing waits. */
async function isSettled(folder: string): Promise<void> {
  const system = fileTransactions(join(folder, '..', 'place')).connect({ clock: systemClock })
  const pointer = await system.settle({ lineage: '5'.repeat(32), chain: 'main' })
  const names = await readdir(join(folder, 'store', 'manifests'))
  const newest = names.filter(name => name.endsWith('.json')).toSorted().at(-1) // prettier-ignore
  if (newest !== `${String(pointer?.number).padStart(8, '0')}.json`)
    throw new Error(`newest is ${newest}, committed was ${pointer?.number}`)
  if (names.some(name => name.endsWith('.prepared'))) throw new Error(`waiting: ${names.join(', ')}`)
}

async function checkpoints(folder: string, count: number): Promise<void> {
  const store = await openStore(join(folder, 'store'), systemClock)
  try {
    for (let i = 0; i < count; i++) await checkpoint(store)
    await store.removeLeftovers()
  } finally {
    await store.close()
  }
}

/** Makes a savepoint that is not there yet; one that is may be cleaned up beside. */
async function unlessThere(
  folder: string,
  name: string,
  make: (folder: string) => Promise<unknown>,
): Promise<void> {
  const names = await readdir(join(folder, name)).catch((): string[] => [])
  await (names.includes('manifest.json') ? gc(join(folder, name)) : make(folder))
}

const who = { user: 'ann', host: 'desk' }

async function edited(folder: string): Promise<unknown> {
  const edits = ['a', 'z'].map(key => ({ uid: 'op', state: 'total', key, set: 7 }))
  return edit(join(folder, 'savepoint'), edits, { into: join(folder, 'edited'), actor: who })
}

async function rewritten(folder: string): Promise<unknown> {
  const options = { into: join(folder, 'rewritten'), actor: who, keyGroups: 3 }
  return rewrite(join(folder, 'savepoint'), options)
}

/** The log lies beside the folder that is watched. */
const logOf = (folder: string): string => join(folder, '..', 'log')

async function log(folder: string): Promise<void> {
  await createFileLog(logOf(folder), { partitions: 1, schema: { n: t.int32() } })
  const writer = await openFileLogWriter(logOf(folder))
  await writer.append(
    0,
    Array.from({ length: 10 }, (_, n) => ({ value: { n }, time: n })),
  )
  await writer.close()
}

/** Archives the records below a position, in files of three. */
async function archived(folder: string, before: number): Promise<void> {
  const source = fileLog(logOf(folder))
  const positions = new Map([[0, before]])
  await archive({ log: source, to: join(folder, 'history'), before: { positions }, rowsPerFile: 3 }).finally(
    () => source.close(),
  )
}

const nothing = async (): Promise<void> => undefined

/** All of them; others are added here. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'savepoint',
    prepare: nothing,
    change: folder => savepoint(join(folder, 'savepoint')),
    next: folder => unlessThere(folder, 'savepoint', () => savepoint(join(folder, 'savepoint'))),
  },
  {
    name: 'checkpoint',
    leavesToNext: true,
    prepare: folder => checkpoints(folder, 2),
    change: folder => checkpoints(folder, 1),
    next: folder => checkpoints(folder, 1),
  },
  {
    name: 'transaction',
    leavesToNext: true,
    prepare: folder => checkpoints(folder, 1),
    change: checkpointByTransaction,
    next: async folder => {
      await checkpointByTransaction(folder)
      await isSettled(folder)
    },
  },
  {
    name: 'compact',
    prepare: folder => checkpoints(folder, 4),
    change: folder => compact(join(folder, 'store')),
    next: async folder => {
      await compact(join(folder, 'store'))
      await gc(join(folder, 'store'))
    },
  },
  {
    name: 'gc',
    prepare: async folder => {
      await checkpoints(folder, 4)
      await compact(join(folder, 'store'))
    },
    change: folder => gc(join(folder, 'store'), { keep: 1 }),
    next: folder => gc(join(folder, 'store'), { keep: 1 }),
  },
  {
    name: 'archive',
    prepare: async folder => {
      await log(folder)
      await archived(folder, 3)
    },
    change: folder => archived(folder, 10),
    next: folder => archived(folder, 10),
  },
  {
    name: 'edit',
    prepare: folder => savepoint(join(folder, 'savepoint')),
    change: edited,
    next: folder => unlessThere(folder, 'edited', edited),
  },
  {
    name: 'rewrite',
    prepare: folder => savepoint(join(folder, 'savepoint')),
    change: rewritten,
    next: folder => unlessThere(folder, 'rewritten', rewritten),
  },
]
