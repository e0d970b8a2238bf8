/** An owner that was taken over, and does not know yet: what it still reads may be removed before it commits again. */
import { conflict, HeadwaterError } from '../errors.ts'
import type { CheckpointStore } from './checkpoint-store.ts'

/**
 * The error of an owner's work, or why it came about: a file that is missing since another attempt has gone on, folded it away
 * and let it go is no damage. Gives `conflict`, code `lost-ownership`, then.
 */
export async function explained(store: CheckpointStore, error: unknown): Promise<unknown> {
  const isMissing =
    error instanceof HeadwaterError && ['missing-segment', 'no-such-file'].includes(error.code)
  if (!isMissing) return error
  const newest = (await store.numbers().catch(() => [])).at(-1) ?? 0
  if (newest <= store.newestNumber) return error
  return conflict({
    code: 'lost-ownership',
    thing: store.path,
    expected: `checkpoint ${store.newestNumber} to be the newest`,
    found: `checkpoint ${newest} of another attempt, which let go what this one needs`,
    remedy: 'let the other attempt run, or stop it and start again',
    cause: error,
  })
}
