/**
 * Finds the columns of a log that says nothing of its values and goes on growing: from the first and the last records of
 * each partition as it stands. A value that they can't hold is archived as it is, so a sample is enough; where nothing is
 * there yet, the first records are waited for.
 */
import type { Clock } from '../../clock.ts'
import { hasCode } from '../../errors.ts'
import type { Log, LogPartition } from '../log.ts'
import type { ArchiveFields } from './archive-fields.ts'
import { survey, type ArchiveRange } from './archive-range.ts'
import { FieldInference } from './infer-fields.ts'

/** So many records of either end of a partition. */
const endRecords = 10_000
/** Where fewer records are there in all, more are waited for, but not long. */
const fewRecords = 1000
const waitMs = 5000
const pollMs = 200

/** What it works with. */
export interface SampleContext {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The columns; null when the signal aborts before there is a record. Errors: those of reading the log. */
export async function sampledFields(
  log: Log,
  { clock, signal }: SampleContext,
): Promise<ArchiveFields | null> {
  let sinceMs: number | null = null
  while (!signal.aborted) {
    const { partitions } = await log.describe()
    const count = partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
    if (count > 0) sinceMs ??= clock.monotonicMs()
    const hasWaited = sinceMs !== null && clock.monotonicMs() - sinceMs >= waitMs
    if (count >= fewRecords || hasWaited) {
      const inference = new FieldInference()
      const isWhole = await look(log, partitions, inference, signal)
      if (isWhole && inference.values > 0) return inference.fields()
    }
    await clock.sleep(pollMs, signal)
  }
  return null
}

/** False where what was to be read is gone by now. */
async function look(
  log: Log,
  partitions: readonly LogPartition[],
  inference: FieldInference,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await survey(log, partitions.flatMap(endsOf), { timeMs: null, inference, signal })
    return !signal.aborted
  } catch (error) {
    if (hasCode(error, 'gap')) return false
    throw error
  }
}

function endsOf({ partition, earliest, latest }: LogPartition): ArchiveRange[] {
  const headEnd = Math.min(latest, earliest + endRecords)
  const range = { partition, start: earliest, known: false, lostFrom: null }
  const tail = Math.max(headEnd, latest - endRecords)
  return [
    { ...range, first: earliest, end: headEnd },
    { ...range, first: tail, end: latest },
  ]
}
