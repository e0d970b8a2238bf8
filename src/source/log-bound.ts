/** "Before here": a bound in a log, as trimming and archiving take it. */
import { invalid } from '../errors.ts'
import type { PartitionPositions } from '../record/position.ts'

/** Everything below these positions, or everything that the log took before an instant. */
export type LogBound = { readonly positions: PartitionPositions } | { readonly timeMs: number }

/** Refuses what is no instant of a log: `invalid` `bad-time`. `log`: its name. */
export function checkInstant(log: string, timeMs: number): void {
  if (Number.isSafeInteger(timeMs) && timeMs >= 0) return
  throw invalid({
    code: 'bad-time',
    thing: `${log}: an instant`,
    expected: 'whole milliseconds since the epoch, 0 or more',
    found: String(timeMs),
  })
}
