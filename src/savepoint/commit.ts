/**
 * The one commit point (L4): before `link` nothing is visible, after it nothing changes.
 *
 * C1. Every file that the manifest names is fsynced before, and so are the folders that hold their names.
 * C2. `link` creates the final name atomically, whole or not at all, and fails if somebody has it.
 * C3. A refusal may be one's own success whose answer was lost: same attempt and same digest is success.
 * C4. The manifest is written in the attempt's scratch folder: who takes that away has ended the attempt for good.
 * C5. A number at or below the store's floor was somebody's, and its manifest was removed: the link is taken back.
 */
import { link, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { conflict, hasErrno, internal, invalid, messageOf, type HeadwaterError } from '../errors.ts'
import { syncFolder, writeDurably } from './durable.ts'
import { readFloor } from './floor.ts'
import { withIoErrors } from './io-errors.ts'
import { completeManifest, manifestText } from './manifest-file.ts'
import { allSegments } from './manifest-rules.ts'
import type { Manifest, ManifestDraft } from './manifest.ts'
import { readManifest } from './read-manifest.ts'
import { segmentPath, segmentsFolder, type WriteFolder } from './write-folder.ts'

/** The name of the manifest of a savepoint folder. */
export const savepointManifest = 'manifest.json'

/**
 * Makes a draft visible under `finalName` (relative to the folder). May be repeated with the same draft.
 * Errors: `conflict`, codes `already-exists` (a savepoint is there) and `lost-ownership` (another attempt took the
 * number or ended this one); `invalid`, code `no-hard-links`; `unavailable`; `internal`, code `bad-manifest`.
 */
export async function commitManifest(
  folder: WriteFolder,
  finalName: string,
  draft: ManifestDraft,
  number: number = 0,
): Promise<Manifest> {
  const manifest = completeManifest(draft, number, folder.attempt)
  const final = join(folder.path, finalName)
  const temporary = join(
    folder.path,
    folder.scratch,
    `${finalName.replaceAll('/', '-')}.tmp-${folder.attempt}`,
  )
  await withIoErrors('committing', final, async () => {
    await checkSegments(folder.path, manifest)
    await syncFolder(join(folder.path, segmentsFolder))
    try {
      await inScratch(final, () => writeDurably(temporary, manifestText(manifest)))
      await linkExclusively(temporary, final, manifest)
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined) // by now it is a second name, or of no use
    }
    await syncFolder(dirname(final))
    if (number > 0) await refuseSpent(folder.path, finalName, number) // C5
  })
  return manifest
}

/** C5. Errors: `conflict`, code `lost-ownership`. */
export async function refuseSpent(store: string, finalName: string, number: number): Promise<void> {
  const floor = await readFloor(store, dirname(finalName))
  if (number > floor) return
  const final = join(store, finalName)
  await rm(final, { force: true })
  throw lostOwnership(
    final,
    `a number above ${floor}, the floor`,
    `${number}: others committed it and went on`,
  )
}

/** A manifest never names a segment that is missing or short. */
export async function checkSegments(folder: string, manifest: Manifest): Promise<void> {
  for (const segment of allSegments(manifest)) {
    const path = segmentPath(folder, segment.name)
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => null,
    )
    if (bytes === segment.bytes) continue
    const found = bytes === null ? 'none: another attempt may have cleaned the folder' : `${bytes} bytes`
    throw lostOwnership(path, `a segment of ${segment.bytes} bytes`, found)
  }
}

/**
 * Uses an attempt's scratch folder, without which the attempt has ended (C4). Errors: `conflict`, code `lost-ownership`, and
 * those of the work.
 */
export async function inScratch<T>(final: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (hasErrno(error, 'ENOENT'))
      throw lostOwnership(final, 'to own this folder still', 'another attempt ended this one')
    throw error
  }
}

async function linkExclusively(temporary: string, final: string, manifest: Manifest): Promise<void> {
  try {
    await inScratch(final, () => link(temporary, final)) // the commit point
  } catch (error) {
    if (hasErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw noLinks(final, error)
    if (!hasErrno(error, 'EEXIST')) throw error
    await acceptOwnSuccess(final, manifest) // C3
  }
}

async function acceptOwnSuccess(final: string, manifest: Manifest): Promise<void> {
  const existing = await readManifest(final).catch((error: unknown) => messageOf(error))
  if (typeof existing === 'string') throw refusal(final, manifest, `one that can't be read: ${existing}`)
  const { attempt, manifestDigest } = existing
  if (attempt !== manifest.attempt) throw refusal(final, manifest, `one of another attempt, ${attempt}`)
  if (manifestDigest !== manifest.manifestDigest) {
    throw internal({
      code: 'two-manifests',
      thing: final,
      expected: 'one manifest a name and attempt',
      found: 'another digest',
    })
  }
}

function refusal(final: string, manifest: Manifest, found: string): HeadwaterError {
  if (manifest.number > 0) return lostOwnership(final, 'no manifest of that number', found)
  const remedy = 'choose another folder, or move that savepoint away'
  return conflict({ code: 'already-exists', thing: final, expected: 'no savepoint', found, remedy })
}

function noLinks(thing: string, cause: unknown): HeadwaterError {
  const remedy = 'choose a folder on another file system'
  return invalid({
    code: 'no-hard-links',
    thing,
    expected: 'a file system with hard links',
    found: messageOf(cause),
    remedy,
    cause,
  })
}

/** Another attempt was first, or ended this one. */
export function lostOwnership(thing: string, expected: string, found: string): HeadwaterError {
  const remedy = 'let the other attempt run, or stop it and start again'
  return conflict({ code: 'lost-ownership', thing, expected, found, remedy })
}
