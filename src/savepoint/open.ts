/**
 * Opens what a user calls a savepoint: a savepoint folder, a store of checkpoints (its newest, of several tasks the union of
 * their newest), or a manifest file.
 */
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { badData, hasCode, hasErrno, type HeadwaterError, invalid } from '../errors.ts'
import { chainNamed } from './chains/chain-names.ts'
import { readUnion } from './chains/read-union.ts'
import { savepointManifest } from './commit.ts'
import { withIoErrors } from './io-errors.ts'
import { manifestNumbers, manifestsFolder, numberedManifest } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import { readManifest } from './read-manifest.ts'
import type { Savepoint } from './savepoint.ts'
import { segmentsFolder } from './write-folder.ts'

/** Newer checkpoints that are looked for when the one that was found goes away at once. */
const mostTries = 100

/**
 * Reads the manifest, and nothing else.
 * Errors: `invalid`, codes `no-such-file` and `not-a-savepoint` (saying what is there); `data`, codes
 * `corrupt-manifest` and `newer-format`; `unavailable`.
 */
export async function openSavepoint(path: string): Promise<Savepoint> {
  for (let tries = 1; ; tries++) {
    const manifestPath = await findManifest(path)
    try {
      const savepoint = await openManifestFile(manifestPath)
      // By its own name, the manifest of a generation is what its tasks began with.
      const isStore = savepoint.manifest.tasks !== undefined && !isManifestName(await realpath(path))
      return isStore ? await readUnion(savepoint) : savepoint
    } catch (error) {
      // What was a store's newest a moment ago may have been let go since: then there are newer ones.
      const isGone = hasCode(error, 'no-such-file')
      if (!isGone || tries === mostTries) throw error
    }
  }
}

/** What is given as a path or is open already. */
export async function openedSavepoint(savepoint: string | Savepoint): Promise<Savepoint> {
  return typeof savepoint === 'string' ? openSavepoint(savepoint) : savepoint
}

/** The manifest file that a path stands for. Errors as `openSavepoint`'s. */
export async function findManifest(path: string): Promise<string> {
  return withIoErrors('opening the savepoint', path, async () => {
    const found = await realpath(path)
    if ((await stat(found)).isDirectory()) return manifestOfFolder(path, found)
    if (isManifestName(found)) return found
    throw notASavepoint(path, `a file named ${basename(found)}`)
  })
}

/** Opens a manifest file by its own path. */
export async function openManifestFile(manifestPath: string): Promise<Savepoint> {
  const manifest = await readManifest(manifestPath)
  const folder = folderOfManifest(manifestPath)
  if (allSegments(manifest).length > 0) await refuseLinkedSegments(folder)
  checkNumber(manifestPath, manifest.number)
  return { folder, manifestPath, manifest }
}

async function manifestOfFolder(path: string, folder: string): Promise<string> {
  const names = await readdir(folder)
  if (names.includes(savepointManifest)) return join(folder, savepointManifest)
  if (names.includes(manifestsFolder)) {
    const newest = (await manifestNumbers(folder)).at(-1)
    if (newest !== undefined) return join(folder, numberedManifest(newest))
    throw notASavepoint(path, 'a folder of checkpoints without any')
  }
  if (names.includes(segmentsFolder))
    throw notASavepoint(path, 'an unfinished savepoint: segments without a manifest')
  throw notASavepoint(path, names.length === 0 ? 'an empty folder' : `a folder with ${shortList(names)}`)
}

function isManifestName(path: string): boolean {
  const folder = dirname(path)
  const isChain = chainNamed(basename(folder)) !== null && basename(dirname(folder)) === manifestsFolder
  return (
    basename(path) === savepointManifest ||
    ((isChain || basename(folder) === manifestsFolder) && /^\d{8,}\.json$/.test(basename(path)))
  )
}

/** The folder that holds `segments/`. */
export function folderOfManifest(manifestPath: string): string {
  const folder = dirname(resolve(manifestPath))
  if (basename(manifestPath) === savepointManifest) return folder
  return basename(folder) === manifestsFolder ? dirname(folder) : dirname(dirname(folder))
}

/** Names in a manifest lead nowhere else; neither may the folder that they are looked up in. */
async function refuseLinkedSegments(folder: string): Promise<void> {
  const segments = join(folder, segmentsFolder)
  const stats = await lstat(segments).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return null
    throw error
  })
  if (stats?.isDirectory()) return
  const found = stats === null ? 'nothing' : stats.isSymbolicLink() ? 'a link' : 'a file'
  const remedy = 'copy the whole folder of the savepoint'
  throw badData({
    code: 'corrupt-savepoint',
    thing: segments,
    expected: 'a folder of segments',
    found,
    remedy,
  })
}

function checkNumber(manifestPath: string, number: number): void {
  const name = basename(manifestPath)
  const expected = name === savepointManifest ? 0 : Number.parseInt(name, 10)
  if (number === expected) return
  const remedy = 'a manifest keeps the name it was committed with: restore it'
  const parts = { expected: `number ${expected}`, found: `number ${number}`, remedy }
  throw badData({ code: 'corrupt-manifest', thing: `${manifestPath}: $.number`, ...parts })
}

function shortList(names: readonly string[]): string {
  const shown = [...names].sort().slice(0, 3).join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown
}

function notASavepoint(path: string, found: string): HeadwaterError {
  return invalid({
    code: 'not-a-savepoint',
    thing: path,
    expected: 'a savepoint folder, a folder of checkpoints, or a manifest file in one of them',
    found,
    remedy: 'check the path',
  })
}
