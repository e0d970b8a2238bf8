/**
 * One archiver a folder, so that a second one is told at once whom it meets. What makes two harmless is
 * publish-archived.ts: here one of another machine that was silent for too long is taken for dead, and if it was not, its
 * next file is refused.
 */
import { stat, writeFile } from 'node:fs/promises'
import type { Clock } from '../../clock.ts'
import { conflict } from '../../errors.ts'
import { isAlive, thisProcess, type ProcessIdentity } from '../file-log/process-identity.ts'
import { lockFolder, type LockKind } from '../file-log/writer-lock.ts'

/** A folder that nobody else archives to. */
export interface ArchiverLock {
  /** Shows to other machines, from time to time, that this one is at work. Never throws. */
  stay(): Promise<void>
  /** Never throws. */
  release(): Promise<void>
}

const showEveryMs = 10_000
/** One of another machine that did not show itself for so long is dead. */
const silentMs = 60_000

const archiver: LockKind = {
  prefix: '.archiver',
  isAtWork: async (owner, path, own) =>
    owner.host === thisProcess().host ? isAlive(owner) : !(await isSilent(path, own)),
  refusal,
}

/** Takes the folder's lock. Errors: `conflict` `archive-locked` when another archiver is at work there; `unavailable` `io`. */
export async function lockArchive(folder: string, clock: Clock): Promise<ArchiverLock> {
  const lock = await lockFolder(folder, archiver, clock)
  let shownMs = clock.monotonicMs()
  return {
    stay: async () => {
      if (clock.monotonicMs() - shownMs < showEveryMs) return
      shownMs = clock.monotonicMs()
      // Written, so that the time is the file system's; not made again where somebody removed it.
      await writeFile(lock.path, '.', { flag: 'r+' }).catch(() => undefined)
    },
    release: () => lock.release().catch(() => undefined),
  }
}

/** By the file system's clock alone: the file of who asks was just made. */
async function isSilent(path: string, own: string): Promise<boolean> {
  const [theirs, ours] = await Promise.all([path, own].map(each => stat(each).catch(() => null)))
  if (!theirs || !ours) return true
  return ours.mtimeMs - theirs.mtimeMs > silentMs
}

function refusal(folder: string, { host, pid }: ProcessIdentity): Error {
  return conflict({
    code: 'archive-locked',
    thing: folder,
    expected: 'no other archiver',
    found: `process ${pid} on ${host} archives to it`,
    remedy: 'stop that process, or archive to another folder',
  })
}
