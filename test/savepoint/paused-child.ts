/**
 * Run as a process of its own, with pausing-fs.mjs: takes a line `{does, path, at}` after the other, does it, is stopped
 * before its file-system call `at`, and prints how it ended.
 */
import { createInterface } from 'node:readline'
import { systemClock } from '../../src/clock.ts'
import { HeadwaterError } from '../../src/errors.ts'
import { openStore } from '../../src/savepoint/checkpoint-store.ts'
import { compact } from '../../src/savepoint/compact.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { explained } from '../../src/savepoint/lost-store.ts'
import { readPinned } from '../../src/savepoint/pinned.ts'
import { Retention } from '../../src/savepoint/retention.ts'
import { commitLayers, mergeLayers, ownerOf, writeEntry, type SmallOwner } from './small-store.ts'

/** What it is asked to do. */
export interface Task {
  readonly does: keyof typeof deeds
  readonly path: string
  readonly at: number
}

/** How it ended. */
export interface Outcome {
  /** Null, or kind and code of the error. */
  readonly failed: string | null
  readonly result: unknown
  readonly calls: number
}

const deeds = {
  commit: (path: string): Promise<void> =>
    owning(path, async owner => {
      await writeEntry(owner, 'new')
      await commitLayers(owner)
    }),
  merge: (path: string): Promise<void> =>
    owning(path, async owner => {
      await commitLayers(owner, 'start')
      await mergeLayers(owner, 0)
      await commitLayers(owner)
      await new Retention(path, { keep: 1, keepForMs: 0 }, systemClock).apply()
      await owner.store.removeLeftovers()
    }),
  compact: async (path: string): Promise<void> => {
    await compact(path)
  },
  gc: async (path: string): Promise<void> => {
    await gc(path, { keep: 1 })
  },
  read: async (path: string): Promise<unknown> =>
    readPinned(path, async savepoint => [savepoint.manifest.number, await stateDigest(savepoint)]),
} as const

async function owning(path: string, work: (owner: SmallOwner) => Promise<void>): Promise<void> {
  const store = await openStore(path, systemClock)
  try {
    await work(await ownerOf(store))
  } catch (error) {
    throw await explained(store, error)
  } finally {
    await store.close()
  }
}

declare const pauseAt: (folder: string, at: number) => () => number

for await (const line of createInterface({ input: process.stdin })) {
  const { does, path, at } = JSON.parse(line) as Task
  const calls = pauseAt(path, at)
  let outcome: Omit<Outcome, 'calls'>
  try {
    outcome = { failed: null, result: (await deeds[does](path)) ?? null }
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error
    outcome = { failed: `${error.kind} ${error.code}`, result: null }
  }
  process.stdout.write(`${JSON.stringify({ ...outcome, calls: calls() })}\n`)
}
