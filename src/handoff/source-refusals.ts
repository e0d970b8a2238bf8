/** What speaks against a source as a whole, before any of its partitions is looked at. */
import { isPassed } from '../savepoint/handoff-facts.ts'
import type { Manifest, ManifestSource } from '../savepoint/manifest.ts'
import type { LogDescription } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import type { HandoffFlags, Refusal } from './handoff.ts'
import { otherId } from './time-cut-plan.ts'

/** Positions of one log mean nothing in another. */
export function identityRefusals(
  { name, log: known }: ManifestSource,
  log: LogDescription,
): readonly Refusal[] {
  if (known === null || known.id === log.id) return []
  return [
    {
      code: 'log-recreated',
      thing: `source ${name}`,
      expected: `log ${known.id} (${known.name})`,
      found: `log ${log.id} at ${log.name}`,
      remedy:
        'positions of one log mean nothing in another: name the log that the history came from, or bootstrap again',
    },
  ]
}

/** Nobody knows where the history ends. */
export function cutRefusals({ name, cut, partitions }: ManifestSource): readonly Refusal[] {
  if (cut !== 'none' && partitions.every(({ next }) => next !== null)) return []
  return [
    {
      code: 'no-cut',
      thing: `source ${name}`,
      expected: 'the positions at which its history ends',
      found: 'none: the history carries no offsets and no event time, and no cut was given',
      remedy:
        'bootstrap again with --cut positions.json, or from a history with position columns; or say up to which time it reaches: --cut-time',
    },
  ]
}

/** The savepoint does not know the source. */
export function missing({ name }: Source): Refusal {
  return {
    code: 'source-missing',
    thing: `source ${name}`,
    expected: 'positions of every source of the job in the savepoint',
    found: 'none',
    remedy: 'bootstrap again with a history for it',
  }
}

/** While records are told apart by their ids, the ids must be those. */
export function overlapRefusals(source: Source, { overlap, partitions }: ManifestSource): readonly Refusal[] {
  if (overlap === undefined || overlap.ends === null) return []
  if (overlap.recordId === null || overlap.recordId === source.recordId) return []
  return isPassed(overlap, partitions) ? [] : [otherId(source, overlap.recordId)]
}

/** A time for a source whose cut is known is a slip of the pen; one for a source that was begun by it is not. */
export function needlessTime(
  { number, plan }: Manifest,
  { name, cut }: ManifestSource,
  { cutTimes }: HandoffFlags,
): readonly Refusal[] {
  const isFirst = number === 0 && plan === null
  if (cutTimes?.[name] === undefined || !isFirst || cut === 'none') return []
  return [
    {
      code: 'cut-known',
      thing: `--cut-time of ${name}`,
      expected: 'a history whose end is not known by positions',
      found: cut === 'given' ? 'a cut that was given' : 'one that carries offsets',
      remedy: 'leave it out',
    },
  ]
}
