/** What two savepoints are of, as far as it differs: job, positions, clocks, states and their types. */
import { timestampText } from '../../codec/iso-time.ts'
import { typeName } from '../../record/type.ts'
import type { Manifest, ManifestOperator } from '../manifest.ts'

/** One thing that is not the same in A and B, as text (times in ISO 8601); null where there is none. */
export interface ContextDifference {
  readonly kind: 'context'
  /** `job`, `graph`, `time unit`, `position`, `event time`, `clock`, `key` or `state`. */
  readonly what: string
  /** Of which source and partition, stage, operator or state. */
  readonly of: string
  readonly before: string | null
  readonly after: string | null
}

type Facts = ReadonlyMap<
  string,
  { readonly what: string; readonly of: string; readonly value: string | null }
>

/** Jobs first, then positions, then the rest. */
export function contextDifferences(a: Manifest, b: Manifest): readonly ContextDifference[] {
  const [left, right] = [factsOf(a), factsOf(b)]
  const places = [...new Set([...left.keys(), ...right.keys()])]
  return places.flatMap(place => {
    const [one, other] = [left.get(place), right.get(place)]
    const { what, of } = (one ?? other)!
    const [before, after] = [one?.value ?? null, other?.value ?? null]
    return before === after ? [] : [{ kind: 'context' as const, what, of, before, after }]
  })
}

function factsOf(manifest: Manifest): Facts {
  const { job, timeUnit, sources, clocks, operators } = manifest
  const time = (value: number | null): string | null =>
    value === null ? null : timestampText(value, timeUnit)
  const facts: (readonly [what: string, of: string, value: string | number | null])[] = [
    ['job', '', job.name],
    ['graph', '', job.graphDigest],
    ['time unit', '', timeUnit],
    ...sources.flatMap(({ name, partitions }) =>
      partitions.map(({ partition, next }) => ['position', `${name}/${partition}`, next] as const),
    ),
    ...sources.flatMap(({ name, partitions }) =>
      partitions.map(
        ({ partition, runningMax }) => ['event time', `${name}/${partition}`, time(runningMax)] as const,
      ),
    ),
    ...sources.map(({ name, runningMax }) => ['event time', name, time(runningMax)] as const),
    ...clocks.map(({ stage, clock }) => ['clock', stage, time(clock)] as const),
    ...operators.flatMap(stateFacts),
  ]
  return new Map(
    facts.map(([what, of, value]) => [
      `${what} ${of}`,
      { what, of, value: value === null ? null : String(value) },
    ]),
  )
}

function stateFacts({ uid, key, states }: ManifestOperator): readonly (readonly [string, string, string])[] {
  const fields = key.fields.map(({ name, type }) => `${name} ${typeName(type)}`).join(', ')
  return [
    ['key', uid, fields],
    ...states.map(
      ({ name, kind, type }) => ['state', `${uid}/${name}`, `${kind} ${typeName(type)}`] as const,
    ),
  ]
}
