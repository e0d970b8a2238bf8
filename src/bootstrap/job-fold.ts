/**
 * The second half of a bounded run: stage after stage is folded over what the scan and the stages before it scattered.
 */
import type { JobGraph, Stage } from '../job/graph.ts'
import { hasPartitionClocks, sourcesReaching } from '../job/stage-sources.ts'
import { timeUnitOf } from '../job/time-unit.ts'
import type { Watermark } from '../record/event-time.ts'
import type { TableDigest } from '../savepoint/digest.ts'
import type { ManifestOperator, OperatorCounts } from '../savepoint/manifest.ts'
import type { WriteFolder } from '../savepoint/write-folder.ts'
import { EmissionScatter } from './emission-scatter.ts'
import type { StageContext } from './group-rows.ts'
import { HistoryClock } from './history-clock.ts'
import { inputLayout, type InputLayout } from './input-layout.ts'
import type { JobScan, JobScanSettings } from './job-scan.ts'
import type { SourceScan } from './source-scan.ts'
import { foldGroups, type StageFold } from './stage-fold.ts'
import { StageTables, type FinishedTables } from './stage-tables.ts'

/** All state of a job after its history. */
export interface FoldedJob {
  readonly operators: readonly ManifestOperator[]
  readonly digests: readonly TableDigest[]
  readonly clocks: readonly { readonly stage: string; readonly clock: Watermark }[]
  readonly keyCounts: readonly OperatorCounts[]
}

/** An input of a later stage, and who feeds it. */
interface LaterInput {
  readonly stage: Stage
  readonly operator: string
  readonly scatter: EmissionScatter
}

/** Folds all stages and writes their segments. */
export async function foldJob(
  graph: JobGraph,
  scan: JobScan,
  folder: WriteFolder,
  settings: JobScanSettings,
): Promise<FoldedJob> {
  const later = laterInputs(graph)
  const folded = { operators: [] as ManifestOperator[], digests: [] as TableDigest[] }
  const clocks: { stage: string; clock: Watermark }[] = []
  const keyCounts: OperatorCounts[] = []
  for (const [index, stage] of graph.stages.entries()) {
    const clock = stageClock(graph, stage, scan.scans)
    const fold = stageFold(graph, stage, { scan, index, clock, later })
    const { keys, finished } = await foldStage(
      fold,
      new StageTables(folder, stage),
      groupsOf(graph, stage, settings),
    )
    folded.operators.push(...finished.operators)
    folded.digests.push(...finished.digests)
    clocks.push({ stage: stage.name, clock: clock.final() })
    keyCounts.push(...stage.operators.map(({ uid }) => ({ uid, keys })))
    settings.signal?.throwIfAborted()
  }
  return { ...folded, clocks, keyCounts }
}

async function foldStage(
  fold: StageFold,
  tables: StageTables,
  groups: Iterable<number>,
): Promise<{ readonly keys: number; readonly finished: FinishedTables }> {
  try {
    const keys = foldGroups(fold, groups, (uid, state, rows) => tables.add(uid, state, rows))
    return { keys, finished: await tables.finish() }
  } catch (error) {
    tables.abandon()
    throw error
  }
}

function* groupsOf(graph: JobGraph, stage: Stage, settings: JobScanSettings): Generator<number> {
  for (let group = 0; group < graph.keyGroups; group++) {
    settings.onProgress({ phase: 'fold', name: stage.name, done: group, total: graph.keyGroups })
    yield group
  }
  settings.onProgress({ phase: 'fold', name: stage.name, done: graph.keyGroups, total: graph.keyGroups })
}

function stageFold(
  graph: JobGraph,
  stage: Stage,
  from: {
    readonly scan: JobScan
    readonly index: number
    readonly clock: HistoryClock
    readonly later: readonly LaterInput[]
  },
): StageFold {
  const { scan, index, clock, later } = from
  const own = later.filter(input => input.stage === stage).flatMap(input => input.scatter.batches)
  const consumers = stage.operators.map(({ uid }) => {
    return later.filter(input => input.operator === uid).map(input => input.scatter)
  })
  return {
    stage,
    batches: [...(scan.batches[index] ?? []), ...own],
    context: stageContext(graph, stage, scan.scans, clock),
    consumers,
    partitionedBy: hasPartitionClocks(graph, stage) ? sourceName(stage) : null,
  }
}

function sourceName(stage: Stage): string {
  const [first] = stage.inputs
  return first && 'source' in first.from ? first.from.source : ''
}

function stageContext(
  graph: JobGraph,
  stage: Stage,
  scans: readonly SourceScan[],
  clock: HistoryClock,
): StageContext {
  const scheduled = scans.some(scan => scan.scheduled)
  const maxAt = (source: number, partition: number, offset: number): number =>
    (scans[source] as SourceScan).maxAt(partition, offset)
  const layouts = stage.inputs.map((_, input) => layoutOf(graph, stage, input))
  return { layouts, maxAt: scheduled ? maxAt : null, clock }
}

function layoutOf(graph: JobGraph, stage: Stage, index: number): InputLayout {
  const input = stage.inputs[index]!
  const { from } = input
  const source = 'source' in from ? (graph.sources.find(each => each.name === from.source) ?? null) : null
  return inputLayout(stage, input, source, timeUnitOf(graph))
}

function stageClock(graph: JobGraph, stage: Stage, scans: readonly SourceScan[]): HistoryClock {
  const names = sourcesReaching(graph, stage)
  const timelines = scans.filter(({ source }) => names.includes(source.name)).flatMap(scan => scan.timelines)
  return new HistoryClock(timelines, hasPartitionClocks(graph, stage))
}

/** All inputs that operators feed; `consumer` numbers those of one operator. */
function laterInputs(graph: JobGraph): readonly LaterInput[] {
  const later: LaterInput[] = []
  for (const stage of graph.stages) {
    for (const [index, input] of stage.inputs.entries()) {
      if (!('operator' in input.from)) continue
      const { operator } = input.from
      const consumer = later.filter(each => each.operator === operator).length
      const layout = layoutOf(graph, stage, index)
      const scatter = new EmissionScatter(input, operator, { index, consumer }, layout, graph.keyGroups)
      later.push({ stage, operator, scatter })
    }
  }
  return later
}
