/** "Before here": a bound in a log, as trimming and archiving take it. */
import type { PartitionPositions } from '../record/position.ts'

/** Everything below these positions, or everything that the log took before an instant. */
export type LogBound = { readonly positions: PartitionPositions } | { readonly timeMs: number }
