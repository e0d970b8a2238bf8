/** The checks of a source's rows that need no user code: required values, event times, times too far ahead. */
import { badData, type HeadwaterError } from '../errors.ts'
import { isPresent } from '../record/column.ts'
import type { JobTimeUnit } from '../record/event-time.ts'
import { isOptional, typeName } from '../record/type.ts'
import type { HistoryBatch } from '../source/history.ts'
import type { Source } from '../source/source.ts'
import { whereRow, type SourceBatch } from './source-batch.ts'

/** Why a row can't be used; null when it can. */
export type RowCheck = (batch: SourceBatch, row: number) => HeadwaterError | null

const skipRemedy = `repair the file, declare the field optional, or declare badRecords: 'skip' or 'keep' for the source`

/** The checks that this batch needs: none for most batches, since columns without nulls need no look at each row. */
export function rowChecks(
  source: Source,
  batch: SourceBatch,
  read: Pick<HistoryBatch, 'logTimes' | 'misfits'>,
  unit: JobTimeUnit,
): readonly RowCheck[] {
  const { logTimes, misfits } = read
  const checks: RowCheck[] = misfits ? [(_, row) => misfits.get(row) ?? null] : []
  for (const [name, type] of Object.entries(source.schema)) {
    const column = batch.columns.get(name)
    if (!column || column.validity === null) continue
    if (name === source.eventTime) checks.push(timeCheck(name))
    else if (!isOptional(type.spec)) checks.push(requiredCheck(name, typeName(type.spec)))
  }
  if (batch.times !== null) checks.push(...aheadChecks(source, batch.times, logTimes, unit))
  return checks
}

function timeCheck(name: string): RowCheck {
  return (batch, row) => {
    if (!Number.isNaN(batch.times?.[row])) return null
    const thing = `${whereRow(batch.origin, row)}: event time '${name}'`
    return badData({ code: 'null-time', thing, expected: 'a time', found: 'null', remedy: skipRemedy })
  }
}

function requiredCheck(name: string, expected: string): RowCheck {
  return (batch, row) => {
    if (isPresent(batch.columns.get(name)!, row)) return null
    const thing = `${whereRow(batch.origin, row)}: column '${name}'`
    return badData({ code: 'null-value', thing, expected, found: 'null', remedy: skipRemedy })
  }
}

/** A record whose time is far ahead would move the watermark past everybody else's. */
function aheadChecks(
  { maxAheadMs, maxEventTimeMs }: Source,
  times: Float64Array,
  logTimes: Float64Array | null,
  unit: JobTimeUnit,
): readonly RowCheck[] {
  if (maxAheadMs === null && maxEventTimeMs === null) return []
  const scale = unit === 'ms' ? 1 : 1000
  return [
    (batch, row) => {
      const latest = latestTime(logTimes?.[row] ?? NaN, maxAheadMs, maxEventTimeMs)
      if (!((times[row] as number) > latest * scale)) return null
      const thing = `${whereRow(batch.origin, row)}: event time`
      const expected = `at most ${new Date(latest).toISOString()}`
      const found = String(times[row])
      return badData({ code: 'time-too-far-ahead', thing, expected, found, remedy: skipRemedy })
    },
  ]
}

/** The last acceptable event time, milliseconds, inclusive. */
function latestTime(logTime: number, maxAheadMs: number | null, maxEventTimeMs: number | null): number {
  if (maxAheadMs !== null && !Number.isNaN(logTime)) return logTime + maxAheadMs
  return maxEventTimeMs === null ? Infinity : maxEventTimeMs - 1
}
