/**
 * Reading a store that is alive: the segments of what is read stay until the reading ends. Of a savepoint folder nothing is
 * ever removed, so nothing is written there. A store that this process can't write to is read without a pin: then nobody
 * knows of the reading, and an old checkpoint may go while it is read.
 *
 * N1. First all segments of the store are pinned, then the manifest is read, then all but its own are let go: what a
 *     manifest names that could be read after the pin was there is not removed before the pin ends (presence.ts, P2).
 * N2. A savepoint is pinned once, by whoever asks first; functions that are handed it share the pin.
 */
import { basename, dirname } from 'node:path'
import { systemClock, type Clock } from '../clock.ts'
import { conflict, hasCode, type HeadwaterError } from '../errors.ts'
import { savepointManifest } from './commit.ts'
import { manifestNumbers } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import { findManifest, folderOfManifest, openSavepoint } from './open.ts'
import { appear, type Appearance } from './presence.ts'
import type { Savepoint } from './savepoint.ts'

/** A savepoint that can be read until it is let go. */
export interface Pinned {
  readonly savepoint: Savepoint
  /** Never throws; may be called twice. */
  release(): Promise<void>
}

interface Hold {
  count: number
  readonly end: () => Promise<void>
}

/** N2 */
const holds = new WeakMap<Savepoint, Hold>()

/**
 * Opens a savepoint as `openSavepoint` does, or takes one that is open, and pins it. Errors: those of `openSavepoint`;
 * `conflict`, code `checkpoint-gone`, when one that is open was let go by its store meanwhile.
 */
export async function pin(savepoint: string | Savepoint, clock: Clock = systemClock): Promise<Pinned> {
  return typeof savepoint === 'string' ? pinPath(savepoint, clock) : pinOpen(savepoint, clock)
}

/** Pins it while `work` reads it. Errors: those of `pin` and of `work`. */
export async function readPinned<T>(
  savepoint: string | Savepoint,
  work: (savepoint: Savepoint) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  return whilePinned(await pin(savepoint, clock), work)
}

/** Releases it when `work` has read it. Errors: those of `work`. */
export async function whilePinned<T>(pinned: Pinned, work: (savepoint: Savepoint) => Promise<T>): Promise<T> {
  try {
    return await work(pinned.savepoint)
  } finally {
    await pinned.release()
  }
}

/** Pins it from the first piece to the last, or until the loop over them is left. Errors: those of `pin` and of `work`. */
export async function* pinnedPieces<T>(
  savepoint: string | Savepoint,
  work: (savepoint: Savepoint) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const pinned = await pin(savepoint)
  try {
    yield* work(pinned.savepoint)
  } finally {
    await pinned.release()
  }
}

/** A pin of all that a store has, by the path of a savepoint in it; null where none is needed or none can be. */
export async function pinAll(path: string, clock: Clock = systemClock): Promise<Appearance | null> {
  const manifestPath = await findManifest(path)
  const isNumbered = basename(manifestPath) !== savepointManifest
  return isNumbered ? reader(folderOfManifest(manifestPath), clock) : null
}

async function pinPath(path: string, clock: Clock): Promise<Pinned> {
  const all = await pinAll(path, clock)
  try {
    const savepoint = await openSavepoint(path)
    return await hold(savepoint, all)
  } catch (error) {
    await all?.disappear()
    throw error
  }
}

async function pinOpen(savepoint: Savepoint, clock: Clock): Promise<Pinned> {
  const { folder, manifest } = savepoint
  const known = holds.get(savepoint)
  if (known !== undefined) return shared(savepoint, known)
  if (manifest.number === 0) return hold(savepoint, null)
  const all = await reader(folder, clock)
  try {
    for (const { manifestPath } of [savepoint, ...(savepoint.heads ?? [])])
      if (!(await isThere(manifestPath))) throw gone(savepoint)
    return await hold(savepoint, all)
  } catch (error) {
    await all?.disappear()
    throw error
  }
}

/** Above the floor: what lies below is spent. */
async function isThere(manifestPath: string): Promise<boolean> {
  const folder = dirname(manifestPath)
  const numbers = await manifestNumbers(dirname(folder), basename(folder))
  return numbers.includes(Number.parseInt(basename(manifestPath), 10))
}

async function hold(savepoint: Savepoint, all: Appearance | null): Promise<Pinned> {
  await all?.reads(allSegments(savepoint.manifest).map(({ name }) => name))
  const end = async (): Promise<void> => {
    holds.delete(savepoint)
    await all?.disappear()
  }
  const made = { count: 0, end }
  holds.set(savepoint, made)
  return shared(savepoint, made)
}

function shared(savepoint: Savepoint, common: Hold): Pinned {
  common.count++
  let isHeld = true
  return {
    savepoint,
    release: async () => {
      if (isHeld && --common.count === 0) await common.end()
      isHeld = false
    },
  }
}

/** Null for a store that this process can't write to. */
async function reader(folder: string, clock: Clock): Promise<Appearance | null> {
  try {
    return await appear(folder, 'reader', clock.randomId())
  } catch (error) {
    if (hasCode(error, 'no-access', 'disk-full')) return null
    throw error
  }
}

function gone({ manifestPath }: Savepoint): HeadwaterError {
  return conflict({
    code: 'checkpoint-gone',
    thing: manifestPath,
    expected: 'the checkpoint that was opened',
    found: 'nothing: its store let it go meanwhile',
    remedy: 'open the newest one; a run with a greater keep or keepForMs lets checkpoints stay for longer',
  })
}
