/** What a cut by time means for a source: its positions, how records of both sides are told apart, and what speaks against it (L7). */
import type { LogDescription, LogPartition } from '../source/log.ts'
import type { ManifestSource } from '../savepoint/manifest.ts'
import type { SourceOverlap } from '../savepoint/handoff-facts.ts'
import type { Source } from '../source/source.ts'
import type { HandoffFlags, Refusal } from './handoff.ts'
import type { Objection } from './objection.ts'
import type { TimeCut } from './time-cut.ts'

/** A source with its cut by time, as if its savepoint had it. */
export interface TimedSource {
  readonly known: ManifestSource
  readonly objections: readonly Objection[]
}

/** `known`: of a history without offsets and without a given cut. */
export function timedSource(
  source: Source,
  known: ManifestSource,
  log: LogDescription,
  cut: TimeCut,
  flags: HandoffFlags,
): TimedSource {
  const { recordId = null, idsFrom = null } = known.overlap ?? {}
  const ends = log.partitions.map(({ partition, latest }) => [partition, latest] as const)
  const overlap: SourceOverlap = { recordId, idsFrom, cutMs: cut.cutMs, ends }
  const partitions = [...cut.positions]
    .sort(([a], [b]) => a - b)
    .map(([partition, next]) => ({ partition, next, runningMax: null, history: null }))
  return {
    known: { ...known, cut: 'time', partitions, overlap },
    objections: [
      ...idObjections(source, recordId, flags),
      ...log.partitions.flatMap(partition => trimmed(source, log, partition, cut, flags)),
    ],
  }
}

function idObjections(source: Source, kept: string | null, flags: HandoffFlags): readonly Objection[] {
  const thing = `source ${source.name}`
  const accepted = flags.approximate === true ? '--approximate' : null
  if (kept !== null && kept !== source.recordId) return [{ refusal: otherId(source, kept), accepted: null }]
  if (kept !== null && accepted === null) return []
  const expected = 'ids that tell which records of the log the history has, since it carries no offsets'
  const remedy =
    'bootstrap again with recordId declared for the source, from a history with position columns, or with --cut positions.json; --approximate applies the records that both have twice'
  if (kept !== null) {
    const found = 'ids, and leave to apply records that are too old for them'
    return [{ refusal: { code: 'approximate', thing, expected, found, remedy }, accepted }]
  }
  const found =
    source.recordId === null
      ? 'none: the source declares no recordId'
      : 'none in the savepoint: recordId was declared since'
  return [{ refusal: { code: 'approximate', thing, expected, found, remedy }, accepted }]
}

/** The ids in the savepoint are of another field, or of one that is not declared any more. */
export function otherId({ name, recordId }: Source, kept: string): Refusal {
  return {
    code: 'record-id-changed',
    thing: `source ${name}`,
    expected: `recordId '${kept}', whose values tell which records of the log the history has`,
    found: recordId === null ? 'none declared' : `recordId '${recordId}'`,
    remedy: 'declare it as it was until the overlap is passed, or bootstrap again',
  }
}

/** A log that was trimmed, and begins with a record past the time: what is gone may have been past it too. */
function trimmed(
  { name }: Source,
  log: LogDescription,
  { partition, earliest }: LogPartition,
  { positions, cutMs }: TimeCut,
  { onGap }: HandoffFlags,
): readonly Objection[] {
  if (earliest === 0 || positions.get(partition) !== earliest) return []
  const refusal: Refusal = {
    code: 'gap',
    thing: `source ${name} partition ${partition}`,
    expected: `a record that the log took before ${new Date(cutMs).toISOString()}, so that all after it are there`,
    found: `${log.name} begins at ${earliest}, which is not before: records below it are gone, and the history may not have them`,
    remedy:
      'bootstrap again from a history that reaches further, declare a smaller handoffLatenessMs, or go on at the log’s beginning with --on-gap earliest',
  }
  return [{ refusal, accepted: onGap === 'earliest' ? '--on-gap earliest' : null }]
}
