/**
 * What something new is made of: a run in another folder, or a repair. A store's newest checkpoint may not be its last, where one
 * waits of which only a cluster knows whether it is committed (live/TRANSACTIONS.md, T8).
 */
import { stat } from 'node:fs/promises'
import { systemClock, type Clock } from '../clock.ts'
import { pin, whilePinned, type Pinned } from './pinned.ts'
import type { Savepoint } from './savepoint.ts'
import { refuseWaiting } from './waiting.ts'

/**
 * Pins it as `pin` does, but refuses a store that is named by its folder while a checkpoint waits there and no run is at work. One that is
 * open, or named by its manifest's file, is the one that is wanted. Errors: those of `pin`; `conflict`, code `in-doubt`.
 */
export async function pinSettled(from: string | Savepoint, clock: Clock = systemClock): Promise<Pinned> {
  const pinned = await pin(from, clock)
  try {
    if (typeof from === 'string' && (await stat(from)).isDirectory())
      await refuseWaiting(pinned.savepoint, clock)
    return pinned
  } catch (error) {
    await pinned.release()
    throw error
  }
}

/** Pins it so while `work` reads it. Errors: those of `pinSettled` and of `work`. */
export async function readSettled<T>(
  from: string | Savepoint,
  work: (savepoint: Savepoint) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  return whilePinned(await pinSettled(from, clock), work)
}
