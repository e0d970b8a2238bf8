/** An owner that was taken over, and does not know yet: what it still reads, here or in its logs, may be removed before it commits again. */
import { conflict, hasCode } from '../errors.ts'
import type { CheckpointStore } from './checkpoint-store.ts'

/** What it finds then. */
const missingCodes = ['missing-segment', 'no-such-file', 'gap'] as const

/**
 * The error of an owner's work, or why it came about: a file that is missing since another attempt has gone on, folded it away
 * and let it go is no damage, and records that were trimmed behind that attempt are not lost. Gives `conflict`, code
 * `lost-ownership`, then.
 */
export async function explained(store: CheckpointStore, error: unknown): Promise<unknown> {
  if (!hasCode(error, ...missingCodes)) return error
  const newest = (await store.numbers().catch(() => [])).at(-1) ?? 0
  if (newest <= store.newestNumber) return error
  return conflict({
    code: 'lost-ownership',
    thing: store.path,
    expected: `checkpoint ${store.newestNumber} to be the newest`,
    found: `checkpoint ${newest} of another attempt: what this one needs was let go behind it`,
    remedy: 'let the other attempt run, or stop it and start again',
    cause: error,
  })
}
