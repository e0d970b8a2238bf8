/** What a live manifest says, beside the state: how far each source is, its clocks and its counts, of one instant (L3). */
import type { HandoffPlan, SourcePlan } from '../handoff/handoff.ts'
import { graphData, graphDigest } from '../job/graph-data.ts'
import { noWatermark } from '../record/event-time.ts'
import type { Offset, PartitionPositions } from '../record/position.ts'
import type { Json } from '../savepoint/canonical-json.ts'
import { addedPhases, noCounts, type PartitionLive } from '../savepoint/handoff-facts.ts'
import type {
  ChainTask,
  Manifest,
  ManifestDraft,
  ManifestPartition,
  ManifestSource,
  ManifestTransactions,
  SourceCounts,
} from '../savepoint/manifest.ts'
import type { Beginning } from './beginning.ts'
import type { LiveJob } from './live-job.ts'
import type { Positions } from './positions.ts'

/** What is asked of a job: its times, and what it counted. */
type CountedJob = Pick<LiveJob, 'graph' | 'times' | 'intakes'>

/** The part of a draft that changes while a run goes on, without state and sinks. */
export type LiveProgress = Pick<ManifestDraft, 'sources' | 'clocks' | 'counts' | 'keyGroups' | 'timeUnit'>

/** The part that stays the same for a whole run. */
export type RunIdentity = Pick<
  ManifestDraft,
  'job' | 'history' | 'parents' | 'plan' | 'timers' | 'audit' | 'accepted' | 'task' | 'transactions'
>

/** What is said of the run in each of its manifests. History files are not listed again: parents lead to them. `nowMs`: when it starts. */
export function runIdentity(
  job: Pick<LiveJob, 'graph'>,
  { parents, savepoint }: Beginning,
  plan: HandoffPlan,
  nowMs: number,
  task: ChainTask | null = null,
  transactions: ManifestTransactions | null = null,
): RunIdentity {
  const { graph } = job
  const { audit } = savepoint.manifest
  const accepted = plan.accepted.map(each => ({ ...each, atMs: each.atMs ?? nowMs }))
  return {
    job: { name: graph.name, graph: graphData(graph) as unknown as Json, graphDigest: graphDigest(graph) },
    history: [],
    parents,
    plan: plan as unknown as Json,
    timers: [],
    ...(audit && { audit }),
    ...(accepted.length > 0 && { accepted }),
    ...(task && { task }),
    ...(transactions && { transactions }),
  }
}

/** Where the run stands now; to be taken between two batches. */
export function liveProgress(
  job: CountedJob,
  positions: Positions,
  plan: HandoffPlan,
  origin: Manifest,
): LiveProgress {
  const { graph, times } = job
  return {
    keyGroups: graph.keyGroups,
    timeUnit: times.unit,
    sources: plan.sources.map(source => manifestSource(source, job, positions, origin)),
    clocks: graph.stages.map(({ name }, stage) => {
      const clock = times.stageClock(stage)
      return { stage: name, clock: clock === noWatermark ? null : clock }
    }),
    counts: {
      sources: graph.sources.map(({ name }) => sourceCounts(name, job, origin)),
      operators: graph.stages.flatMap(stage => stage.operators.map(({ uid }) => ({ uid, keys: null }))),
    },
  }
}

/** As in what the run began with, but for the log, which is known now, and the partitions. */
function manifestSource(
  plan: SourcePlan,
  job: CountedJob,
  positions: Positions,
  origin: Manifest,
): ManifestSource {
  const known = origin.sources.find(({ name }) => name === plan.source) as ManifestSource
  const maxima = job.times.sources.get(plan.source)?.runningMax
  const next = positions.of(plan.source)
  const growths = positions.growths(plan.source)
  return {
    ...known,
    ...(growths.length > 0 && { growths }),
    cut: plan.cut === 'checkpoint' ? known.cut : plan.cut,
    ...(plan.overlap && { overlap: plan.overlap }),
    log: plan.log,
    partitions: withNewOnes(plan, next).map(({ partition, next: begun }) => {
      const before = known.partitions.find(each => each.partition === partition)
      return {
        partition,
        next: next.get(partition) ?? null,
        runningMax: maxima?.get(partition) ?? null,
        history: before?.history ?? null,
        live: partitionLive(before, begun as Offset),
      }
    }),
  }
}

/** Those of the plan, and those that came since, which are read from their beginning. */
function withNewOnes(
  { partitions }: SourcePlan,
  positions: PartitionPositions,
): readonly { readonly partition: number; readonly next: Offset | null }[] {
  const known = new Set(partitions.map(({ partition }) => partition))
  const added = [...positions.keys()].filter(partition => !known.has(partition))
  const all = [...partitions, ...added.map(partition => ({ partition, next: 0 }))]
  return added.length === 0 ? partitions : all.sort((a, b) => a.partition - b.partition)
}

/** Where live reading began, and what a start left out: `begun` is where this run begins. */
function partitionLive(before: ManifestPartition | undefined, begun: Offset): PartitionLive {
  const { first = begun, gaps = [] } = before?.live ?? {}
  const expected = before?.next ?? begun
  return { first, gaps: expected < begun ? [...gaps, [expected, begun]] : gaps }
}

function sourceCounts(name: string, job: CountedJob, origin: Manifest): SourceCounts {
  const before = origin.counts.sources.find(counts => counts.name === name)
  const { rows = 0, late = 0, duplicates = 0, overlap = noCounts, bad } = job.intakes.get(name) ?? {}
  const phases = before?.phases
  const live = { rows: rows - overlap.rows, duplicates: 0, late: late - overlap.late }
  return {
    name,
    rows: (before?.rows ?? 0) + rows,
    duplicates: (before?.duplicates ?? 0) + duplicates,
    late: (before?.late ?? 0) + late,
    bad: (before?.bad ?? 0) + (bad?.count ?? 0),
    pastCut: before?.pastCut ?? 0,
    ...(phases && {
      phases: {
        ...phases,
        overlap: addedPhases(phases.overlap, overlap),
        live: addedPhases(phases.live, live),
      },
    }),
  }
}
