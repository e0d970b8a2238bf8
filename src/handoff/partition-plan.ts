/** Partitions of one source: from savepoint and log to where reading begins (L5, L7). */
import type { ManifestPartition, ManifestSource } from '../savepoint/manifest.ts'
import type { LogPartition } from '../source/log.ts'
import type { HandoffFlags, PartitionPlan, PartitionVerdict, Refusal } from './handoff.ts'

/** What is known of a source beside its partitions. */
export interface PartitionContext {
  readonly source: ManifestSource
  /** For people: `file:log/purchases`. */
  readonly logName: string
  readonly flags: HandoffFlags
  /** Whether the positions come from a history and no live run has read the log yet. */
  readonly first: boolean
  /** Whether the history is a Headwater archive, which names its empty partitions too. */
  readonly archived: boolean
  /** What a partition that has no running maximum of its own begins with. */
  readonly inheritedMax: number | null
}

/** A partition's plan, and why it is refused if it is. */
export interface PlannedPartition {
  readonly plan: PartitionPlan
  readonly refusals: readonly Refusal[]
}

/** Plans one partition; at least one of the two sides is there. */
export function planPartition(
  context: PartitionContext,
  known: ManifestPartition | undefined,
  found: LogPartition | undefined,
): PlannedPartition {
  const partition = (known ?? found)?.partition as number
  const start = known === undefined ? newPartition(context, partition) : { next: known.next, refusal: null }
  const refusals = [
    ...(start.refusal ? [start.refusal] : []),
    ...(known ? holes(context, known) : []),
    ...(start.next === null || start.refusal ? [] : rangeRefusals(context, partition, start.next, found)),
  ]
  const beginning: PartitionVerdict = known === undefined ? 'from its beginning' : 'ready'
  const noCut: PartitionVerdict = start.next === null ? 'no-cut' : beginning
  return {
    plan: {
      partition,
      lastInHistory: known?.history?.last ?? null,
      next: start.next,
      earliest: found?.earliest ?? null,
      latest: found?.latest ?? null,
      toDo: start.next === null || found === undefined ? null : found.latest - start.next,
      runningMax: known?.runningMax ?? context.inheritedMax,
      verdict: refusals[0]?.code ?? noCut,
    },
    refusals,
  }
}

/** A partition that the savepoint does not know begins at 0, if it may. */
function newPartition(
  context: PartitionContext,
  partition: number,
): { next: number; refusal: Refusal | null } {
  const { first, archived, flags } = context
  const expectedOfForeign = first && !archived && context.source.cut !== 'none'
  if (flags.newPartitions === 'earliest' || expectedOfForeign) return { next: 0, refusal: null }
  const refusal: Refusal = {
    code: 'new-partition',
    thing: thingOf(context, partition),
    expected: `the ${context.source.partitions.length} partitions that the savepoint knows`,
    found: `partition ${partition} in ${context.logName}`,
    remedy: 'read it from its beginning with --new-partitions earliest',
  }
  return { next: 0, refusal }
}

function rangeRefusals(
  context: PartitionContext,
  partition: number,
  next: number,
  found: LogPartition | undefined,
): readonly Refusal[] {
  const thing = thingOf(context, partition)
  if (found === undefined) return [vanished(context, thing, partition)]
  const { earliest, latest } = found
  if (next > latest) {
    return [
      {
        code: 'past-end',
        thing,
        expected: `a log that reaches offset ${next}, the first not applied`,
        found: `${context.logName} ends at ${latest}`,
        remedy:
          'it is not the log that was read, or it lost its end: bring that log back, or bootstrap again',
      },
    ]
  }
  if (next >= earliest) return []
  return [
    {
      code: 'gap',
      thing,
      expected: `offset ${next}, the first not applied`,
      found: `${context.logName} begins at ${earliest}: offsets ${next} to ${earliest - 1} are missing`,
      remedy: 'bootstrap again from a history that reaches further; nothing accepts lost records',
    },
  ]
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

function holes(context: PartitionContext, { partition, history }: ManifestPartition): readonly Refusal[] {
  const found = history?.holes ?? []
  if (!context.first || found.length === 0 || context.flags.acceptHoles === true) return []
  const shown = found.slice(0, 3).map(([from, end]) => `${from} to ${end - 1}`)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ''
  return [
    {
      code: 'holes',
      thing: thingOf(context, partition),
      expected: `a history with every offset from ${history?.first} to ${history?.last}`,
      found: `none for ${shown.join(', ')}${more}`,
      remedy: 'complete the history, or take it for whole with --accept-holes',
    },
  ]
}

function thingOf({ source }: PartitionContext, partition: number): string {
  return `source ${source.name} partition ${partition}`
}
