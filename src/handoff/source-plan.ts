/** Sources: whose log it is, whether a cut is known, and the plan of each partition. */
import type { Manifest, ManifestSource } from '../savepoint/manifest.ts'
import type { SourceGrowth } from '../savepoint/handoff-facts.ts'
import type { LogDescription } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import type { AcceptedRefusal, HandoffFlags, PartitionPlan, Refusal, SourcePlan } from './handoff.ts'
import { judged } from './objection.ts'
import { growthOf, planPartition, type PartitionContext, type PlannedPartition } from './partition-plan.ts'
import { cutRefusals, identityRefusals, missing, needlessTime, overlapRefusals } from './source-refusals.ts'
import type { TimeCut } from './time-cut.ts'
import { timedSource } from './time-cut-plan.ts'

/** A source's plan, and why it is refused if it is. */
export interface PlannedSource {
  readonly plan: SourcePlan
  readonly refusals: readonly Refusal[]
  readonly accepted: readonly AcceptedRefusal[]
}

/** Plans one source of the job. */
export function planSource(
  source: Source,
  manifest: Manifest,
  log: LogDescription,
  flags: HandoffFlags,
  cut?: TimeCut,
): PlannedSource {
  const stored = manifest.sources.find(({ name }) => name === source.name)
  if (stored === undefined) return unplanned(source, log, [missing(source)])
  const timed = cut && timedSource(source, stored, log, cut, flags)
  const known = timed?.known ?? stored
  const ofCut = judged(timed?.objections ?? [])
  const refusals = [
    ...identityRefusals(known, log),
    ...cutRefusals(known),
    ...overlapRefusals(source, stored),
    ...needlessTime(manifest, stored, flags),
  ]
  if (refusals.length > 0) return unplanned(source, log, [...refusals, ...ofCut.refusals], known)
  const context = contextOf(source, known, manifest, log, flags)
  const numbers = new Set([...known.partitions, ...log.partitions].map(({ partition }) => partition))
  const planned = [...numbers]
    .sort((a, b) => a - b)
    .map(number => planPartition(context, at(known.partitions, number), at(log.partitions, number)))
  const growths = growthsOf(known, log, planned)
  return {
    plan: {
      ...headOf(source, log, known),
      cut: context.first ? known.cut : 'checkpoint',
      overlap: known.overlap?.ends ? known.overlap : null,
      partitions: planned.map(({ plan }) => plan),
      ...(growths.length > 0 && { growths }),
    },
    refusals: [...ofCut.refusals, ...planned.flatMap(partition => partition.refusals)],
    accepted: [...ofCut.accepted, ...planned.flatMap(partition => partition.accepted)],
  }
}

function contextOf(
  source: Source,
  known: ManifestSource,
  manifest: Manifest,
  log: LogDescription,
  flags: HandoffFlags,
): PartitionContext {
  // Manifests of live runs are numbered, and what is made of them keeps their plan; a savepoint of a history has neither.
  const first = manifest.number === 0 && manifest.plan === null
  const files = manifest.history.find(history => history.source === source.name)?.files ?? []
  const lateness = source.handoffLatenessMs * (manifest.timeUnit === 'us' ? 1000 : 1)
  return {
    source: known,
    logName: log.name,
    flags,
    first,
    partitionedByKey: source.partitionedByKey,
    files,
    inheritedMax: first && known.runningMax !== null ? known.runningMax - lateness : null,
  }
}

/** Those before, and the one that this start takes in. */
function growthsOf(
  { growths = [], partitions }: ManifestSource,
  log: LogDescription,
  planned: readonly PlannedPartition[],
): readonly SourceGrowth[] {
  const grew = planned.some(({ accepted }) => accepted.some(({ code }) => code === 'partition-count-changed'))
  return grew && partitions.length > 0 ? [...growths, growthOf(partitions, log)] : growths
}

/** A source that can't be read: its partitions are shown as they stand. */
function unplanned(
  source: Source,
  log: LogDescription,
  refusals: readonly Refusal[],
  known?: ManifestSource,
): PlannedSource {
  const verdict = (refusals[0] as Refusal).code
  const partitions = log.partitions.map(({ partition, earliest, latest }): PartitionPlan => {
    const before = known && at(known.partitions, partition)
    const lastInHistory = before?.history?.last ?? null
    const next = before?.next ?? null
    const runningMax = before?.runningMax ?? null
    return { partition, lastInHistory, next, earliest, latest, toDo: null, runningMax, verdict }
  })
  return {
    plan: { ...headOf(source, log, known), cut: known?.cut ?? 'none', overlap: null, partitions },
    refusals,
    accepted: [],
  }
}

function headOf(
  { name }: Source,
  log: LogDescription,
  known?: ManifestSource,
): Pick<SourcePlan, 'source' | 'log' | 'order'> {
  return { source: name, log: { id: log.id, name: log.name }, order: known?.order ?? 'none' }
}

function at<T extends { readonly partition: number }>(list: readonly T[], partition: number): T | undefined {
  return list.find(entry => entry.partition === partition)
}
