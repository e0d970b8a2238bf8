/** Where a run stands, in numbers. */
import type { LogDescription } from '../source/log.ts'
import { noWatermark } from '../record/event-time.ts'
import type { SourceProgress, RunProgress } from './live.ts'
import type { Intake } from './intake.ts'
import type { LiveJob } from './live-job.ts'
import type { Positions } from './positions.ts'
import type { Warnings } from './warnings.ts'

/** What progress is made of. */
export interface ProgressParts {
  readonly job: LiveJob
  readonly positions: Positions
  /** The newest checkpoint's number. */
  readonly checkpoint: number
  readonly elapsedMs: number
  /** The logs as they stood a moment ago, by source; without those that did not answer. */
  readonly logs: ReadonlyMap<string, LogDescription>
  readonly warnings: Warnings
}

/** The numbers of this moment. */
export function runProgress({
  job,
  positions,
  checkpoint,
  elapsedMs,
  logs,
  warnings,
}: ProgressParts): RunProgress {
  const sources = [...job.intakes].map(([name, intake]) =>
    sourceProgress(intake, job, positions, logs.get(name)),
  )
  const sum = (count: (source: SourceProgress) => number): number =>
    sources.reduce((all, each) => all + count(each), 0)
  return {
    elapsedMs,
    records: sum(({ records }) => records),
    emitted: job.delivery.emitted,
    late: sum(({ late }) => late),
    bad: sum(({ bad }) => bad),
    residentKeys: job.residentKeys,
    checkpoint,
    sources,
    warnings: warnings.all,
  }
}

function sourceProgress(
  { source: { name }, rows, late, bad }: Intake,
  { times }: LiveJob,
  positions: Positions,
  log: LogDescription | undefined,
): SourceProgress {
  const partitions = [...positions.of(name)].map(([partition, next]) => {
    const end = log?.partitions.find(each => each.partition === partition)?.latest
    const watermark = times.sources.get(name)?.watermark(partition) ?? noWatermark
    return {
      partition,
      next,
      lag: end === undefined ? null : Math.max(0, end - next),
      watermark: watermark === noWatermark ? null : watermark,
    }
  })
  return { source: name, records: rows, late, bad: bad.count, partitions }
}
