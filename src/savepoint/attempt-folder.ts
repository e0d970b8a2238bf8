/**
 * A savepoint's folder before its commit. Nothing in it looks like a savepoint until the manifest is linked, and what a
 * killed attempt left is cleaned by the next one.
 *
 * A1. An attempt owns `attempt-ID/`, where its manifest is written first (C4); it makes that folder once, at its start.
 * A2. Who cleans takes other attempts' folders away first, and looks for a manifest only then: an attempt that is
 *     still alive has either committed before, and is seen, or can never commit.
 * A3. Only files with names of our own are ever removed; a folder with anything else in it is refused untouched.
 */
import { access, constants, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Clock } from '../clock.ts'
import { conflict, hasErrno, invalid, type HeadwaterError } from '../errors.ts'
import { commitManifest, savepointManifest } from './commit.ts'
import { makeFolder, syncFolder } from './durable.ts'
import { ioError, withIoErrors } from './io-errors.ts'
import type { Manifest, ManifestDraft } from './manifest.ts'
import { attemptOfSegmentFile, segmentNamer, segmentsFolder, type WriteFolder } from './write-folder.ts'

/** Where bad rows are kept, beside the segments. */
export const badFolder = 'bad'

/** A savepoint that is being written. */
export interface AttemptFolder extends WriteFolder {
  /** For spilled data and the like: gone after the commit, cleaned after a crash. */
  readonly scratchPath: string
  /** Makes it a savepoint. Errors: those of `commitManifest`. */
  commit(draft: ManifestDraft): Promise<Manifest>
  /** Removes all that this attempt wrote, and the folder if nothing else is in it. Never throws. */
  abandon(): Promise<void>
}

/**
 * Claims a folder for a new savepoint, making it if needed.
 * Errors: `conflict`, code `savepoint-exists`; `invalid`, codes `foreign-folder` (other files are in it) and
 * `wrong-path` (a file is there); `unavailable` (no access, disk full).
 */
export async function prepareFolder(path: string, clock: Clock): Promise<AttemptFolder> {
  const folder = resolve(path)
  return withIoErrors('making the savepoint folder', folder, async () => {
    await makeFolder(folder)
    await refuseForeign(folder)
    const attempt = clock.randomId()
    const scratch = `attempt-${attempt}`
    await clean(folder)
    await makeFolder(join(folder, scratch))
    await makeFolder(join(folder, segmentsFolder))
    return attemptFolder(folder, attempt, scratch)
  })
}

/** Refuses what `prepareFolder` would refuse, and changes nothing. Errors: those of `prepareFolder`. */
export async function checkFolder(path: string): Promise<void> {
  const folder = resolve(path)
  await withIoErrors('looking at the savepoint folder', folder, async () => {
    const there = await nearestFolder(folder)
    if (there === folder) await refuseForeign(folder)
    else await readdir(there) // a file is no place for a folder
    await access(there, constants.W_OK | constants.X_OK)
  })
}

/** The path, or the nearest above it where something is. */
async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const isThere = await access(at).then(
      () => true,
      (error: unknown) => {
        if (hasErrno(error, 'ENOENT')) return false
        throw error
      },
    )
    if (isThere || at === dirname(at)) return at
  }
}

function attemptFolder(path: string, attempt: string, scratch: string): AttemptFolder {
  const scratchPath = join(path, scratch)
  const folder: WriteFolder = { path, attempt, scratch, segmentName: segmentNamer(attempt) }
  return {
    ...folder,
    scratchPath,
    async commit(draft) {
      const manifest = await commitManifest(folder, savepointManifest, draft)
      await rm(scratchPath, { recursive: true, force: true }).catch(() => undefined)
      return manifest
    },
    async abandon() {
      await abandon(folder).catch(() => undefined)
    },
  }
}

/** Refuses a savepoint, a store, and anything that no attempt of ours leaves. */
async function refuseForeign(folder: string): Promise<void> {
  const strangers: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === savepointManifest) throw savepointExists(folder)
    const own = entry.isDirectory() && (await isOwnFolder(folder, entry.name))
    if (!own) strangers.push(entry.name)
  }
  if (strangers.length > 0) throw foreign(folder, strangers)
}

async function isOwnFolder(folder: string, name: string): Promise<boolean> {
  if (/^(?:attempt|dead)-[0-9a-f]{32}$/.test(name)) return true
  if (name === badFolder) return true
  if (name !== segmentsFolder) return false
  const files = await readdir(join(folder, name))
  return files.every(file => attemptOfSegmentFile(file) !== null)
}

/** A2. Only files that were there before are removed: those of an attempt that begins meanwhile are not among them. */
async function clean(folder: string): Promise<void> {
  const leftovers = await filesOfAttempts(folder)
  for (const name of (await readdir(folder)).filter(each => each.startsWith('attempt-'))) {
    await rename(join(folder, name), join(folder, name.replace('attempt-', 'dead-'))).catch(
      (error: unknown) => {
        if (!hasErrno(error, 'ENOENT')) throw error // it committed, or another cleaner was first
      },
    )
  }
  const left = await readdir(folder)
  if (left.includes(savepointManifest)) throw savepointExists(folder)
  for (const file of leftovers) await rm(file, { force: true })
  for (const name of left.filter(each => each.startsWith('dead-'))) {
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function filesOfAttempts(folder: string): Promise<readonly string[]> {
  const segments = (await namesIn(folder, segmentsFolder)).filter(file => attemptOfSegmentFile(file) !== null)
  const bad = await namesIn(folder, badFolder)
  return [
    ...segments.map(file => join(folder, segmentsFolder, file)),
    ...bad.map(file => join(folder, badFolder, file)),
  ]
}

async function namesIn(folder: string, name: string): Promise<readonly string[]> {
  return readdir(join(folder, name)).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return []
    throw error
  })
}

async function abandon({ path, scratch, attempt }: WriteFolder): Promise<void> {
  await rm(join(path, scratch), { recursive: true, force: true })
  const left = await readdir(path)
  if (left.includes(savepointManifest)) return
  for (const file of await filesOfAttempts(path)) {
    if (basename(file).includes(attempt)) await rm(file, { force: true })
  }
  if (left.some(name => name.startsWith('attempt-'))) return // somebody else's by now
  for (const folder of [join(path, segmentsFolder), join(path, badFolder), path]) await removeIfEmpty(folder)
  await syncFolder(path).catch(() => undefined)
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT'))
      throw ioError(error, 'removing an empty folder', folder)
  })
}

function savepointExists(folder: string): HeadwaterError {
  const remedy = 'choose another folder, or delete that savepoint first'
  return conflict({ code: 'savepoint-exists', thing: folder, expected: 'no savepoint', found: 'one', remedy })
}

function foreign(folder: string, strangers: readonly string[]): HeadwaterError {
  const shown = [...strangers].sort().slice(0, 3).join(', ')
  const more = strangers.length > 3 ? ` and ${strangers.length - 3} more` : ''
  return invalid({
    code: 'foreign-folder',
    thing: folder,
    expected: 'an empty or a new folder',
    found: `${shown}${more}`,
    remedy: 'choose another folder; nothing was touched',
  })
}
