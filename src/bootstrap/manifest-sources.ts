/** What a savepoint says of each source after its history: positions, watermarks, coverage, counts. */
import { fromMs } from '../job/time-unit.ts'
import { noCounts } from '../savepoint/handoff-facts.ts'
import type { ManifestPartition, ManifestSource, SourceCounts } from '../savepoint/manifest.ts'
import { holesBelow, type PartitionCoverage } from './coverage.ts'
import type { SourceScan } from './source-scan.ts'

/** The source's entry. Where a cut was given its positions count, else those of the history's rows. */
export function manifestSource(scan: SourceScan): ManifestSource {
  const { plan, settings, source } = scan
  const coverage = plan.positioned ? scan.coverage.partitions() : []
  const { logId, overlapIds } = scan
  const { positionsFrom } = plan
  return {
    name: source.name,
    order: plan.files.length === 0 ? 'none' : scan.scheduled ? 'schedule' : 'event-time',
    cut: settings.cut !== null ? 'given' : plan.positioned ? 'offsets' : 'none',
    log: logId === null ? null : { id: logId, name: source.name },
    runningMax: scan.finalTime,
    partitions: partitionNumbers(scan, coverage).map(partition =>
      manifestPartition(scan, coverage, partition),
    ),
    ...(positionsFrom !== undefined && positionsFrom !== 'headwater' && { positionsFrom }),
    ...(overlapIds && {
      overlap: { recordId: source.recordId, idsFrom: overlapIds.from, cutMs: null, ends: null },
    }),
  }
}

/** What was counted of the source. */
export function sourceCounts({ source, counts, lateCount, bad }: SourceScan): SourceCounts {
  const { rows, duplicates, beyondCut } = counts
  const history = { rows, duplicates, late: lateCount }
  const phases = { history, overlap: noCounts, live: noCounts }
  return { name: source.name, ...history, bad: bad.count, pastCut: beyondCut, phases }
}

function partitionNumbers(
  { settings }: SourceScan,
  coverage: readonly PartitionCoverage[],
): readonly number[] {
  const numbers = new Set([...coverage.map(({ partition }) => partition), ...(settings.cut?.keys() ?? [])])
  return [...numbers].sort((a, b) => a - b)
}

function manifestPartition(
  scan: SourceScan,
  coverage: readonly PartitionCoverage[],
  partition: number,
): ManifestPartition {
  const covered = coverage.find(each => each.partition === partition)
  const next = scan.settings.cut?.get(partition) ?? covered?.next ?? null
  const history = scan.plan.positioned && next !== null ? partitionHistory(next, covered) : null
  return { partition, next, runningMax: runningMax(scan, partition), history }
}

/** Without the schedule every partition of the log starts at the history's one watermark, set back by its lateness. */
function runningMax(scan: SourceScan, partition: number): number | null {
  if (scan.scheduled) return scan.finalMax(partition)
  const { source, settings, finalTime } = scan
  return finalTime === null ? null : finalTime - fromMs(source.handoffLatenessMs, settings.unit)
}

function partitionHistory(
  next: number,
  covered: PartitionCoverage | undefined,
): ManifestPartition['history'] {
  const { first = null, last = null, rows = 0, duplicates = 0 } = covered ?? {}
  const holes = holesBelow(next, covered)
  return first === null && holes.length === 0 ? null : { first, last, rows, duplicates, holes }
}
