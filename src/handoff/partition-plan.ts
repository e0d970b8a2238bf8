/** Partitions of one source: from savepoint and log to where reading begins (L5, L7). */
import type { SourceGrowth } from '../savepoint/handoff-facts.ts'
import type { ManifestPartition, ManifestSource } from '../savepoint/manifest.ts'
import type { PinnedFile } from '../source/history.ts'
import type { LogDescription, LogPartition } from '../source/log.ts'
import type { AcceptedRefusal, HandoffFlags, PartitionPlan, PartitionVerdict, Refusal } from './handoff.ts'
import { judged, type Objection } from './objection.ts'

/** What is known of a source beside its partitions. */
export interface PartitionContext {
  readonly source: ManifestSource
  /** For people: `file:log/purchases`. */
  readonly logName: string
  readonly flags: HandoffFlags
  readonly partitionedByKey: boolean
  /** Whether the positions come from a history and no live run has read the log yet. */
  readonly first: boolean
  /** The history's files; a Headwater archive names its empty partitions too. */
  readonly files: readonly PinnedFile[]
  /** What a partition that has no running maximum of its own begins with. */
  readonly inheritedMax: number | null
}

/** A partition's plan, and why it is refused if it is. */
export interface PlannedPartition {
  readonly plan: PartitionPlan
  readonly refusals: readonly Refusal[]
  readonly accepted: readonly AcceptedRefusal[]
}

/** Plans one partition; at least one of the two sides is there. */
export function planPartition(
  context: PartitionContext,
  known: ManifestPartition | undefined,
  found: LogPartition | undefined,
): PlannedPartition {
  const partition = (known ?? found)?.partition as number
  const next = known === undefined ? 0 : known.next
  const start = judged(known === undefined ? newPartition(context, partition) : [])
  const whole = judged(known ? holes(context, known, found) : [])
  const isUnknown = next === null || start.refusals.length > 0
  const inRange = isUnknown ? [] : rangeRefusals(context, partition, next, found)
  const reached = judged(isUnknown || inRange.length > 0 ? [] : gap(context, partition, next, found))
  const refusals = [...start.refusals, ...whole.refusals, ...inRange, ...reached.refusals]
  const begin = reached.accepted.length > 0 ? (found as LogPartition).earliest : next
  const beginning: PartitionVerdict = known === undefined ? 'from its beginning' : 'ready'
  const noCut: PartitionVerdict = next === null ? 'no-cut' : beginning
  return {
    plan: {
      partition,
      lastInHistory: known?.history?.last ?? null,
      next: begin,
      earliest: found?.earliest ?? null,
      latest: found?.latest ?? null,
      toDo: begin === null || found === undefined ? null : found.latest - begin,
      runningMax: known?.runningMax ?? context.inheritedMax,
      verdict: refusals[0]?.code ?? noCut,
    },
    refusals,
    accepted: [...start.accepted, ...whole.accepted, ...reached.accepted],
  }
}

/**
 * A partition that the savepoint does not know begins at 0, if it may. A history whose rows have positions shows all that
 * it has something of; beside a cut that was given, nobody knows whether the history has records of this one.
 */
function newPartition(context: PartitionContext, partition: number): readonly Objection[] {
  const { first, files, flags, source } = context
  const foreign = first && files.every(file => file.coverage === null)
  const expectedOfForeign = foreign && source.cut === 'offsets'
  if (expectedOfForeign) return []
  const accepted = flags.newPartitions === 'earliest' ? '--new-partitions earliest' : null
  if (context.partitionedByKey) return [{ refusal: countChanged(context, partition), accepted }]
  if (foreign && source.cut === 'given' && source.order !== 'none') {
    return [{ refusal: leftOutOfCut(context, partition), accepted }]
  }
  const refusal: Refusal = {
    code: 'new-partition',
    thing: thingOf(context, partition),
    expected: `the ${context.source.partitions.length} partitions that the savepoint knows`,
    found: `partition ${partition} in ${context.logName}`,
    remedy: 'read it from its beginning with --new-partitions earliest',
  }
  return [{ refusal, accepted }]
}

function countChanged(context: PartitionContext, partition: number): Refusal {
  return {
    code: 'partition-count-changed',
    thing: thingOf(context, partition),
    expected: `the ${context.source.partitions.length} partitions among which its keys were divided`,
    found: `partition ${partition} in ${context.logName}: keys have moved, and nothing orders what their old and their new partition hold`,
    remedy:
      'read it from its beginning with --new-partitions earliest, with one task until all is read that was there before',
  }
}

/** What is kept of a source when its keys are divided anew. `known`: the partitions until then. */
export function growthOf(
  known: readonly Pick<ManifestPartition, 'partition' | 'runningMax'>[],
  { partitions }: LogDescription,
): SourceGrowth {
  const maxima = new Map(known.map(({ partition, runningMax }) => [partition, runningMax]))
  return {
    count: Math.max(...maxima.keys()) + 1,
    partitions: [...partitions]
      .sort((a, b) => a.partition - b.partition)
      .map(({ partition, latest }) => ({
        partition,
        end: latest,
        runningMax: maxima.get(partition) ?? null,
      })),
  }
}

function leftOutOfCut(context: PartitionContext, partition: number): Refusal {
  return {
    code: 'no-cut',
    thing: thingOf(context, partition),
    expected: 'the position at which its history ends',
    found: 'none: the cut that was given leaves it out',
    remedy:
      'bootstrap again with its position in --cut (0 where the history has nothing of it), or read it from its beginning with --new-partitions earliest if it was added since',
  }
}

function rangeRefusals(
  context: PartitionContext,
  partition: number,
  next: number,
  found: LogPartition | undefined,
): readonly Refusal[] {
  const thing = thingOf(context, partition)
  if (found === undefined) return [vanished(context, thing, partition)]
  const { latest } = found
  if (next > latest) {
    return [
      {
        code: 'past-end',
        thing,
        expected: `a log that reaches offset ${next}, the first not applied`,
        found: `${context.logName} ends at ${latest}`,
        remedy:
          'where a transaction is open in it, it ends before that: wait until it is over; else it is not the log that was read, or it lost its end: bring that log back, or bootstrap again',
      },
    ]
  }
  return []
}

/** Records between the position and the log's beginning, which it does not have any more. */
function gap(
  context: PartitionContext,
  partition: number,
  next: number,
  found: LogPartition | undefined,
): readonly Objection[] {
  if (found === undefined || next >= found.earliest) return []
  const { earliest } = found
  const refusal: Refusal = {
    code: 'gap',
    thing: thingOf(context, partition),
    expected: `offset ${next}, the first not applied`,
    found: `${context.logName} begins at ${earliest}: offsets ${next} to ${earliest - 1} are missing`,
    remedy:
      'bootstrap again from a history that reaches further, or leave them out for ever with --on-gap earliest',
  }
  return [{ refusal, accepted: context.flags.onGap === 'earliest' ? '--on-gap earliest' : null }]
}

function vanished(context: PartitionContext, thing: string, partition: number): Refusal {
  return {
    code: 'partition-vanished',
    thing,
    expected: `partition ${partition}, which the savepoint has positions of`,
    found: `none in ${context.logName}`,
    remedy: 'bring the log back as it was, or bootstrap again',
  }
}

function holes(
  context: PartitionContext,
  known: ManifestPartition,
  log: LogPartition | undefined,
): readonly Objection[] {
  const { partition, next } = known
  const found = [...missingHead(context, known, log), ...(known.history?.holes ?? [])]
  if (!context.first || found.length === 0) return []
  const shown = found.slice(0, 3).map(([from, end]) => `${from} to ${end - 1}`)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ''
  const refusal: Refusal = {
    code: 'holes',
    thing: thingOf(context, partition),
    expected: `a history with every offset below ${next}`,
    found: `none for ${shown.join(', ')}${more}`,
    remedy: 'complete the history, or take it for whole with --accept-holes',
  }
  return [{ refusal, accepted: context.flags.acceptHoles === true ? '--accept-holes' : null }]
}

/** What the log still has before the history begins. A hole that is known to be there already says it better. */
function missingHead(
  { files }: PartitionContext,
  { partition, history }: ManifestPartition,
  log: LogPartition | undefined,
): readonly (readonly [from: number, end: number])[] {
  const first = history?.first ?? null
  if (first === null || log === undefined) return []
  const covered = files.flatMap(({ coverage }) => (coverage?.partition === partition ? [coverage.first] : []))
  const begin = Math.min(first, ...covered, ...(history?.holes ?? []).map(([from]) => from))
  return log.earliest < begin ? [[log.earliest, begin]] : []
}

function thingOf({ source }: PartitionContext, partition: number): string {
  return `source ${source.name} partition ${partition}`
}
