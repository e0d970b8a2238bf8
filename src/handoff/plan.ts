/**
 * Makes the handoff plan: from a savepoint and logs to start positions, as data. Pure: it reads nothing, so the same
 * input gives the same plan to `plan`, to `run`, and to a test that compares it with a literal.
 */
import { graphDigest } from '../job/graph-data.ts'
import type { JobGraph, Stage } from '../job/graph.ts'
import { hasPartitionClocks, sourcesReaching } from '../job/stage-sources.ts'
import { jobTimeUnit } from '../record/event-time.ts'
import { approximateCodes, isGrownOver } from '../savepoint/handoff-facts.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import type { LogDescription } from '../source/log.ts'
import { internal } from '../errors.ts'
import type { AcceptedRefusal, HandoffFlags, HandoffPlan, Refusal, SourcePlan } from './handoff.ts'
import { planSource } from './source-plan.ts'
import { planStates } from './state-plan.ts'
import type { TimeCut } from './time-cut.ts'

/** What a plan is made of. */
export interface HandoffRequest {
  readonly graph: JobGraph
  /** What the run goes on from: a savepoint made of a history, or a manifest of a live run. */
  readonly manifest: Manifest
  /** By source name: one for each source of the job. */
  readonly logs: ReadonlyMap<string, LogDescription>
  readonly flags?: HandoffFlags
  /** By source name, of histories without offsets: what `timeCuts` found. */
  readonly cuts?: ReadonlyMap<string, TimeCut>
}

/** The plan; what speaks against it stands in `refusals`, nothing is thrown. */
export function planHandoff({ graph, manifest, logs, flags = {}, cuts }: HandoffRequest): HandoffPlan {
  const sources = graph.sources.map(source =>
    planSource(source, manifest, logOf(logs, source.name), flags, cuts?.get(source.name)),
  )
  const states = planStates(graph, manifest, flags)
  const refusals = [
    ...jobRefusals(graph, manifest),
    ...sources.flatMap(source => source.refusals),
    ...states.refusals,
  ]
  const inherited: readonly AcceptedRefusal[] = manifest.accepted ?? []
  const accepted = [...inherited, ...sources.flatMap(source => source.accepted), ...states.accepted]
  const digest = graphDigest(graph)
  return {
    job: graph.name,
    graphDigest: digest,
    from: { kind: manifest.kind, number: manifest.number, manifestDigest: manifest.manifestDigest },
    graphChanged: digest !== manifest.job.graphDigest,
    timeUnit: manifest.timeUnit,
    schedule: scheduleOf(
      graph,
      sources.map(({ plan }) => plan),
    ),
    sources: sources.map(({ plan }) => plan),
    states: states.states,
    clocks: graph.stages.map(stage => ({ stage: stage.name, clock: clockOf(graph, stage, manifest) })),
    accepted,
    approximate: accepted.some(({ code }) => approximateCodes.has(code)),
    refusals,
    ok: refusals.length === 0,
  }
}

function scheduleOf(graph: JobGraph, sources: readonly SourcePlan[]): HandoffPlan['schedule'] {
  if (!graph.stages.every(stage => hasPartitionClocks(graph, stage))) return 'canonical'
  const isMoving = sources.some(({ growths = [], partitions }) =>
    growths.some(growth => !isGrownOver(growth, partitions)),
  )
  return isMoving ? 'moved' : 'any'
}

function jobRefusals(graph: JobGraph, manifest: Manifest): readonly Refusal[] {
  const refusals: Refusal[] = []
  if (graph.keyGroups !== manifest.keyGroups) {
    refusals.push({
      code: 'key-groups-changed',
      thing: `job ${graph.name}`,
      expected: `${graph.keyGroups} key groups`,
      found: `${manifest.keyGroups} in the savepoint`,
      remedy: `declare keyGroups: ${manifest.keyGroups}, or bootstrap again`,
    })
  }
  const unit = jobTimeUnit(
    graph.sources.flatMap(({ eventTime, schema }) => (eventTime === null ? [] : [schema[eventTime]!.spec])),
  )
  if (unit !== manifest.timeUnit) {
    refusals.push({
      code: 'time-unit-changed',
      thing: `job ${graph.name}`,
      expected: `event times in ${unit}`,
      found: `${manifest.timeUnit} in the savepoint`,
      remedy: 'declare event times of the unit that they had, or bootstrap again',
    })
  }
  return [...refusals, ...unclaimedSources(graph, manifest)]
}

function unclaimedSources(graph: JobGraph, manifest: Manifest): readonly Refusal[] {
  const unclaimed = manifest.sources.filter(({ name }) => !graph.sources.some(source => source.name === name))
  return unclaimed.map(({ name }) => ({
    code: 'source-unclaimed',
    thing: `source ${name}`,
    expected: 'a source of the job with that name',
    found: 'none: its positions would be forgotten',
    remedy: 'keep the source in the job, or bootstrap again without it',
  }))
}

/**
 * A stage is known by its operators: adding one must not lose its clock. After a history without order the clock begins
 * anew, from its partitions, which are set back by the source's `handoffLatenessMs`.
 */
function clockOf(graph: JobGraph, stage: Stage, manifest: Manifest): number | null {
  const feeding = sourcesReaching(graph, stage)
  const unordered = manifest.sources.some(
    ({ name, order }) => feeding.includes(name) && order === 'event-time',
  )
  if (manifest.number === 0 && unordered) return null
  const uids = new Set(stage.operators.map(({ uid }) => uid))
  const clocks = manifest.clocks.filter(({ stage: name }) => name.split('+').some(uid => uids.has(uid)))
  const known = clocks.flatMap(({ clock }) => (clock === null ? [] : [clock]))
  return known.length === 0 ? null : Math.max(...known)
}

function logOf(logs: ReadonlyMap<string, LogDescription>, source: string): LogDescription {
  const log = logs.get(source)
  if (log) return log
  throw internal({
    code: 'no-log-described',
    thing: `source ${source}`,
    expected: 'a description of its log',
  })
}
