/** The checks of a record's event time: it must be there, and not so far ahead that it carries everybody's clock away. */
import { badData, type HeadwaterError } from '../errors.ts'
import type { EventTime, JobTimeUnit } from '../record/event-time.ts'
import type { Source } from '../source/source.ts'

/** Why a time can't be accepted; null when it can. `logTime`: milliseconds, when the log took the record. */
export type TimeCheck = (time: EventTime | null, logTime: number | null) => HeadwaterError | null

const remedy = `correct the record, or declare badRecords: 'skip' or 'keep' for the source`

/** The check for a source that has event times. */
export function timeCheck(source: Source, unit: JobTimeUnit): TimeCheck {
  const { maxAheadMs, maxEventTimeMs } = source
  const scale = unit === 'ms' ? 1 : 1000
  const bounded = maxAheadMs !== null || maxEventTimeMs !== null
  return (time, logTime) => {
    if (time === null) return nullTime(source)
    if (!bounded) return null
    const latest = latestTime(logTime, maxAheadMs, maxEventTimeMs)
    return time > latest * scale ? tooFarAhead(source, time, latest) : null
  }
}

/** The last acceptable event time, milliseconds, inclusive. */
function latestTime(
  logTime: number | null,
  maxAheadMs: number | null,
  maxEventTimeMs: number | null,
): number {
  if (maxAheadMs !== null && logTime !== null) return logTime + maxAheadMs
  return maxEventTimeMs === null ? Infinity : maxEventTimeMs - 1
}

function nullTime(source: Source): HeadwaterError {
  return badData({
    code: 'null-time',
    thing: `event time '${source.eventTime}'`,
    expected: 'a time',
    found: 'null',
    remedy,
  })
}

function tooFarAhead(source: Source, time: EventTime, latest: number): HeadwaterError {
  const expected = `at most ${new Date(latest).toISOString()}`
  const thing = `event time '${source.eventTime}'`
  return badData({ code: 'time-too-far-ahead', thing, expected, found: String(time), remedy })
}
