/**
 * How a file of an archive appears, so that of several archivers, paused ones too, only one can go on from a place.
 *
 * A file is written beside under a hidden name, then linked to the *claim* of its place, `.pPARTITION-FIRST.claim`, then to
 * its own name, and the claim goes.
 * I1. What is linked to its own name has the claim of its place, and no other file went on from there.
 * I2. A claim goes only when a file that goes on from its place has its name. So of two archivers the second meets the
 *     claim, which it finishes for its owner, or the file.
 * I3. What a claim names is whole and synced, and says its name itself: it was a draft, whose name nobody else ever has.
 */
import { link, readdir, stat, unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { conflict, hasErrno, HeadwaterError, messageOf, unavailable } from '../../errors.ts'
import { pinFile } from '../parquet/pin.ts'
import { draftOf, syncFolder, writeSynced } from '../parquet/publish-file.ts'
import { placeOf, type FilePlace } from './file-name.ts'

/** The key of a file's metadata under which it says its name. */
export const fileNameKey = 'headwater.file'

const claimPattern = /^\.p\d+-\d+(?:-empty)?\.claim$/

/** A file without records takes no place, so it has a claim of its own: whoever removes that takes nobody's place away (I2). */
function claimOf({ partition, first, next }: FilePlace): string {
  return `.p${partition}-${first}${next === first ? '-empty' : ''}.claim`
}

/**
 * Writes a file of the archive, durable; `name` is also in its metadata. Errors: `conflict` `lost-ownership` (another
 * archiver went on from there), `unavailable` `write-failed`.
 */
export async function publishArchived(to: string, name: string, bytes: Uint8Array): Promise<void> {
  const place = placeOf(name) as FilePlace
  const draft = draftOf(join(to, name))
  const claim = join(to, claimOf(place))
  try {
    await writeSynced(draft, bytes)
    await takeClaim(to, claim, draft)
    const isOurs = await settle(to, draft, name)
    await unlinkIfThere(claim)
    if (!isOurs) throw lostOwnership(join(to, name), place)
    await unlinkIfThere(draft)
  } catch (cause) {
    await unlink(draft).catch(() => undefined)
    if (cause instanceof HeadwaterError) throw cause
    const [found, remedy] = [messageOf(cause), 'make room or give permission, then try again']
    throw unavailable({ code: 'write-failed', thing: join(to, name), found, remedy, cause })
  }
}

/** Finishes what others have begun to publish. */
export async function finishClaims(to: string): Promise<void> {
  for (const name of await readdir(to)) if (claimPattern.test(name)) await finishClaim(to, join(to, name))
}

async function takeClaim(to: string, claim: string, draft: string): Promise<void> {
  for (;;) {
    try {
      return await link(draft, claim)
    } catch (error) {
      if (!hasErrno(error, 'EEXIST')) throw error
      await finishClaim(to, claim)
    }
  }
}

async function finishClaim(to: string, claim: string): Promise<void> {
  try {
    const { footer } = await pinFile(claim, process.cwd(), new Map())
    await settle(to, claim, footer.metadata.get(fileNameKey) as string)
  } catch (error) {
    // One that is gone was finished; by now there may be another one, which is none of ours to take away (I2).
    if (hasErrno(error, 'ENOENT') || hasErrno((error as Error).cause, 'ENOENT')) return
    throw error
  }
  await unlinkIfThere(claim)
}

/** Gives the file its name where its place is free (the commit point); false where another one has the place. */
async function settle(to: string, file: string, name: string): Promise<boolean> {
  if (await isTaken(to, name, file)) return false
  try {
    await link(file, join(to, name))
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error
    if (!(await isSameFile(file, join(to, name)))) return false
  }
  await syncFolder(resolve(to))
  return true
}

async function isTaken(to: string, name: string, file: string): Promise<boolean> {
  const place = placeOf(name) as FilePlace
  for (const other of await readdir(to)) {
    const { partition, first, next } = placeOf(other) ?? { partition: -1, first: 0, next: 0 }
    if (other.startsWith('.') || partition !== place.partition || first !== place.first) continue
    if (next === first && other !== name) continue // an empty one takes no place
    if (!(await isSameFile(file, join(to, other)))) return true
  }
  return false
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map(path => stat(path, { bigint: true }).catch(() => null)))
  return one?.ino === other?.ino && one?.dev === other?.dev && one !== null
}

function lostOwnership(thing: string, { partition, first }: FilePlace): HeadwaterError {
  return conflict({
    code: 'lost-ownership',
    thing,
    expected: `to go on with partition ${partition} from offset ${first}`,
    found: 'a file that another archiver wrote from there',
    remedy: 'nothing was changed: leave the folder to that one, or stop it and start again',
  })
}
