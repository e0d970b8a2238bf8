/**
 * The first half of a bounded run: every source's history is planned, then read once, and its rows are scattered to the
 * key groups of all stages that it feeds.
 */
import type { JobGraph, Stage } from '../job/graph.ts'
import { timeUnitOf } from '../job/time-unit.ts'
import { fieldsOf } from '../record/record.ts'
import type { JobTimeUnit } from '../record/event-time.ts'
import type { History } from '../source/history.ts'
import { inputLayout } from './input-layout.ts'
import { InputScatter } from './input-scatter.ts'
import type { OnBootstrapProgress } from './progress.ts'
import type { ScatteredBatch } from './scattered-batch.ts'
import { SourceScan, type GivenCut } from './source-scan.ts'

/** How the histories are read. */
export interface JobScanSettings {
  readonly history: Readonly<Record<string, History>>
  readonly cut: Readonly<Record<string, GivenCut>>
  readonly byEventTime: boolean
  readonly onProgress: OnBootstrapProgress
  readonly signal?: AbortSignal
}

/** What the scan leaves for the fold. */
export interface JobScan {
  /** By source, in the graph's order. */
  readonly scans: readonly SourceScan[]
  /** By stage: the batches from sources. */
  readonly batches: readonly (readonly ScatteredBatch[])[]
}

/** Plans all histories before a row of any is read. */
export async function planSources(
  graph: JobGraph,
  settings: JobScanSettings,
): Promise<readonly SourceScan[]> {
  const unit = timeUnitOf(graph)
  const scans: SourceScan[] = []
  for (const [index, source] of graph.sources.entries()) {
    settings.onProgress({ phase: 'plan', name: source.name, done: index, total: graph.sources.length })
    const history = settings.history[source.name] as History
    const reportMisfits = source.badRecords !== 'stop'
    const plan = await history.plan({ source: source.name, fields: fieldsOf(source.schema), reportMisfits })
    const cut = settings.cut[source.name] ?? null
    scans.push(new SourceScan(source, plan, { index, unit, byEventTime: settings.byEventTime, cut }))
  }
  return scans
}

/** Reads all histories, one source after the other. */
export async function scanSources(
  graph: JobGraph,
  scans: readonly SourceScan[],
  settings: JobScanSettings,
): Promise<JobScan> {
  const unit = timeUnitOf(graph)
  const inputs = scans.map(scan => sourceInputs(graph, scan, unit))
  const total = scans.reduce((sum, { plan }) => sum + plan.rows, 0)
  let done = 0
  for (const [index, scan] of scans.entries()) {
    const onRows = (rows: number): void => {
      done += rows
      settings.onProgress({ phase: 'scan', name: scan.source.name, done, total })
    }
    const scatters = (inputs[index] ?? []).map(({ scatter }) => scatter)
    await scan.run(scatters, onRows, settings.signal)
  }
  const all = inputs.flat()
  const batches = graph.stages.map(stage =>
    all.filter(input => input.stage === stage).flatMap(input => input.scatter.batches),
  )
  return { scans, batches }
}

interface SourceInput {
  readonly stage: Stage
  readonly scatter: InputScatter
}

function sourceInputs(graph: JobGraph, scan: SourceScan, unit: JobTimeUnit): readonly SourceInput[] {
  const inputs: SourceInput[] = []
  for (const stage of graph.stages) {
    for (const [index, input] of stage.inputs.entries()) {
      if (!('source' in input.from) || input.from.source !== scan.source.name) continue
      const layout = inputLayout(stage, input, scan.source, unit)
      const place = { index, consumer: inputs.length }
      const refuse: InputScatter['refuse'] = (batch, row, error) => scan.refuse(batch, row, error)
      inputs.push({ stage, scatter: new InputScatter(input, place, layout, graph.keyGroups, refuse) })
    }
  }
  return inputs
}
