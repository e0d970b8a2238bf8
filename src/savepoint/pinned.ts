/** Reading a store that is alive: the segments of what is read stay until the reading ends. */
import { systemClock, type Clock } from '../clock.ts'
import { hasErrno, HeadwaterError } from '../errors.ts'
import { manifestNumbers } from './manifest-names.ts'
import { allSegments } from './manifest-rules.ts'
import { openSavepoint } from './open.ts'
import { appear } from './presence.ts'
import type { Savepoint } from './savepoint.ts'

/** Newer checkpoints that are tried when the one that was found goes away at once. */
const mostTries = 10

/**
 * Opens a savepoint as `openSavepoint` does and pins it while `work` reads it: a collection spares its segments, if the
 * store can be written to at all. Errors: those of `openSavepoint` and of `work`.
 */
export async function readPinned<T>(
  path: string,
  work: (savepoint: Savepoint) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const savepoint = await openSavepoint(path)
    if (savepoint.manifest.number === 0) return work(savepoint)
    const release = await pin(savepoint, clock)
    try {
      const isThere = (await manifestNumbers(savepoint.folder)).includes(savepoint.manifest.number)
      if (isThere || tries === mostTries) return await work(savepoint)
    } finally {
      await release()
    }
  }
}

/** A store on a disk that can't be written is read without. */
async function pin({ folder, manifest }: Savepoint, clock: Clock): Promise<() => Promise<void>> {
  const names = allSegments(manifest).map(({ name }) => name)
  try {
    return await appear(folder, 'reader', clock.randomId(), names)
  } catch (error) {
    if (error instanceof HeadwaterError || !hasErrno(error, 'EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT'))
      throw error
    return async () => undefined
  }
}
