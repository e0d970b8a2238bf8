/** What may be asked of a run by its folder of checkpoints: a savepoint while it goes on, and to stop. */
import { resolve } from 'node:path'
import { systemClock, type Clock } from '../../clock.ts'
import { hasCode } from '../../errors.ts'
import { prepareFolder, type AttemptFolder } from '../attempt-folder.ts'
import { openSavepoint } from '../open.ts'
import { readPinned } from '../pinned.ts'
import { present, type Presence } from '../presence.ts'
import type { Savepoint } from '../savepoint.ts'
import { commitSelfContained } from '../self-contained.ts'
import { answered, type Answer, type Asking } from './answer.ts'
import { notAStore } from './unanswered.ts'

/** What happens meanwhile. */
export type AskProgress =
  /** `newest`: the newest checkpoint, which does not answer yet. */
  | { readonly phase: 'waiting'; readonly pid: number; readonly host: string; readonly newest: number }
  | { readonly phase: 'fold'; readonly state: string; readonly done: number; readonly total: number }

/** How long to wait, and whom to tell. */
export interface AskOptions {
  /** The longest wait for the answer, milliseconds. Default 600,000. */
  readonly timeoutMs?: number | undefined
  /** Takes the request back. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: AskProgress) => void) | undefined
  readonly clock?: Clock | undefined
}

/** A savepoint that was asked for. */
export interface AskedSavepoint {
  /** Self-contained: it shares no file with the checkpoints. */
  readonly savepoint: Savepoint
  /** The checkpoint that it is a copy of. */
  readonly checkpoint: number
}

const defaultTimeoutMs = 600_000

/**
 * Asks the run that is at work in a folder of checkpoints for one, and makes a savepoint of it; the run goes on. State,
 * positions and watermarks are of an instant after the call. Errors: `invalid`, codes `not-a-store`, `not-running`,
 * `foreign-folder`; `conflict`, code `savepoint-exists`; `unavailable`, codes `owner-gone` and `no-answer`; those of disks.
 */
export async function savepointOf(
  checkpoints: string,
  { into, ...options }: AskOptions & { readonly into: string },
): Promise<AskedSavepoint> {
  const asking = await askingOf(checkpoints, 'savepoint', options)
  const folder = await prepareFolder(into, asking.clock) // first: nothing is asked of a run that can't be kept
  try {
    const { savepoint } = await answered(asking)
    const checkpoint = await copyPinned(savepoint, folder, asking, options)
    return { savepoint: await openSavepoint(into), checkpoint }
  } catch (error) {
    await folder.abandon()
    throw error
  }
}

/**
 * Asks the run to stop with a savepoint, as SIGTERM does, and waits until it has and is gone. Returns that savepoint,
 * in the folder; of several tasks the union of their last checkpoints. Errors: as above, and `conflict`, code `other-owner`, when another run took over meanwhile.
 */
export async function stopRun(checkpoints: string, options: AskOptions = {}): Promise<Savepoint> {
  const asking = await askingOf(checkpoints, 'stop', options)
  const beganMs = asking.clock.monotonicMs()
  const answer = await answered(asking)
  while (asking.clock.monotonicMs() - beganMs < asking.timeoutMs && (await isThere(asking, answer))) {
    await asking.clock.sleep(50)
  }
  return answer.savepoint
}

async function askingOf(checkpoints: string, kind: Asking['kind'], options: AskOptions): Promise<Asking> {
  const { timeoutMs = defaultTimeoutMs, signal = null, clock = systemClock, onProgress } = options
  const { folder, manifest } = await openSavepoint(checkpoints)
  if (manifest.number === 0) throw notAStore(resolve(checkpoints))
  const onWaiting = ({ process: { pid, host } }: Presence, newest: number): void =>
    onProgress?.({ phase: 'waiting', pid, host, newest })
  return { store: folder, kind, timeoutMs, signal, clock, onWaiting }
}

/** From the checkpoint that answers; should it be retired before it is pinned, from a newer one. */
async function copyPinned(
  savepoint: Savepoint,
  folder: AttemptFolder,
  { clock }: Asking,
  { signal, onProgress }: AskOptions,
): Promise<number> {
  const copy = async (pinned: Savepoint): Promise<number> => {
    await commitSelfContained(pinned, folder, clock, (state, done, total) => {
      signal?.throwIfAborted()
      onProgress?.({ phase: 'fold', state, done, total })
    })
    return pinned.manifest.number
  }
  const answer = await readPinned(savepoint, copy, clock).catch((error: unknown) => {
    if (hasCode(error, 'checkpoint-gone')) return null
    throw error
  })
  return answer ?? readPinned(savepoint.folder, copy, clock)
}

async function isThere({ store, clock }: Asking, { owners }: Answer): Promise<boolean> {
  const living = (await present(store, clock)).filter(({ role }) => role === 'owner')
  return living.some(({ id }) => owners.some(owner => owner.id === id))
}
