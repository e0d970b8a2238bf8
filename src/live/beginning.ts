/**
 * What a run goes on from. `from` begins a job only where there is no checkpoint yet; a supervisor may repeat the same
 * command line for ever, and it continues.
 */
import { resolve } from 'node:path'
import { conflict, hasCode, type HeadwaterError, invalid } from '../errors.ts'
import type { ParentSavepoint } from '../savepoint/manifest.ts'
import { openSavepoint } from '../savepoint/open.ts'
import { pinSettled } from '../savepoint/pin-settled.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'

/** A savepoint and its ancestors. */
export interface Beginning {
  readonly savepoint: Savepoint
  /** Whether it is the newest checkpoint of the folder, not a savepoint that begins one. */
  readonly continued: boolean
  /** What the run's manifests name as parents: all savepoints that the state came through, the first one first. */
  readonly parents: readonly ParentSavepoint[]
  /** To be called when its segments are taken in, or are not going to be: until then the store that they are in keeps them. */
  readonly release: () => Promise<void>
}

/**
 * Finds it, without writing anything. Errors: `invalid`, code `nothing-to-continue`; `conflict`, code
 * `other-checkpoints`, when the newest checkpoint does not descend from `from`, and `in-doubt`, when it is not known whether that
 * of `from` is its last; those of opening.
 */
export async function findBeginning(checkpoints: string, from: string | undefined): Promise<Beginning> {
  const newest = await newestCheckpoint(checkpoints)
  if (newest !== null) {
    if (from !== undefined) await refuseOther(newest, checkpoints, from)
    const release = async (): Promise<void> => undefined // the newest of all is let go by nobody
    return { savepoint: newest, continued: true, parents: newest.manifest.parents, release }
  }
  if (from === undefined) throw nothingToContinue(checkpoints)
  const pinned = await pinSettled(from)
  const { savepoint } = pinned
  const { manifestDigest, stateDigest } = savepoint.manifest
  const parents = [...savepoint.manifest.parents, { path: from, manifestDigest, stateDigest }]
  return { savepoint, continued: false, parents, release: () => pinned.release() }
}

/** Null where there is none: no folder, or one without checkpoints. */
async function newestCheckpoint(checkpoints: string): Promise<Savepoint | null> {
  try {
    const found = await openSavepoint(checkpoints)
    return found.manifest.number > 0 ? found : null // a savepoint's own folder is refused when the store is opened
  } catch (error) {
    const none = hasCode(error, 'no-such-file', 'not-a-savepoint')
    if (none) return null
    throw error
  }
}

async function refuseOther(newest: Savepoint, checkpoints: string, from: string): Promise<void> {
  const { parents, manifestDigest, number } = newest.manifest
  const origin = await openSavepoint(from).catch((error: unknown) => {
    // Its segments were taken in, so the savepoint itself may be gone by now.
    const known = parents.some(({ path }) => resolve(path) === resolve(from))
    if (known && hasCode(error, 'no-such-file')) return null
    throw error
  })
  if (origin === null) return
  const digest = origin.manifest.manifestDigest
  if (digest === manifestDigest || parents.some(parent => parent.manifestDigest === digest)) return
  throw conflict({
    code: 'other-checkpoints',
    thing: `${checkpoints}, checkpoint ${number}`,
    expected: `a descendant of ${from} (${digest.slice(0, 12)})`,
    found: `one of ${parents.map(({ path, manifestDigest: id }) => `${path} (${id.slice(0, 12)})`).join(', ')}`,
    remedy: 'continue it without --from, or choose another folder for the checkpoints',
  })
}

function nothingToContinue(checkpoints: string): HeadwaterError {
  return invalid({
    code: 'nothing-to-continue',
    thing: checkpoints,
    expected: 'a checkpoint to continue',
    found: 'none',
    remedy: 'name the savepoint to begin with: --from SAVEPOINT',
  })
}
