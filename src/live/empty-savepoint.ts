/** A savepoint of a job that has no past: no state, and positions at the beginning of its logs. */
import { systemClock, type Clock } from '../clock.ts'
import { graphStates } from '../handoff/graph-states.ts'
import { graphOf } from '../job/brand.ts'
import { graphData, graphDigest } from '../job/graph-data.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Job, LogsOf } from '../job/job.ts'
import { timeUnitOf } from '../job/time-unit.ts'
import { prepareFolder } from '../savepoint/attempt-folder.ts'
import type { Json } from '../savepoint/canonical-json.ts'
import { rootDigest } from '../savepoint/digest.ts'
import { noCounts } from '../savepoint/handoff-facts.ts'
import type { ManifestDraft, ManifestSource } from '../savepoint/manifest.ts'
import { openSavepoint } from '../savepoint/open.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { LogDescription } from '../source/log.ts'
import { describeLogs } from './describe-logs.ts'
import { namedLogs } from './run-settings.ts'

/** What an empty savepoint is made of. */
export interface EmptySavepointOptions<J extends Job> {
  /** A log for each source: a run from the savepoint reads it from the first record that is there now. Closed afterwards. */
  readonly log: LogsOf<J>
  /** The folder of the new savepoint; it must not exist, or be empty. */
  readonly into: string
  readonly clock?: Clock
}

/**
 * Commits it. For a job whose whole past is in its logs: `run` then begins from it like from any other savepoint.
 * Errors: `invalid` (`missing-log`, `foreign-folder`); `conflict`, code `savepoint-exists`; `unavailable`.
 */
export async function emptySavepoint<J extends Job>(
  job: J,
  options: EmptySavepointOptions<J>,
): Promise<Savepoint> {
  const graph = graphOf(job)
  const { into, clock = systemClock } = options
  const logs = namedLogs(graph, options.log)
  try {
    const described = await describeLogs(logs)
    const folder = await prepareFolder(into, clock)
    try {
      await folder.commit(draftOf(graph, described, clock))
    } catch (error) {
      await folder.abandon()
      throw error
    }
  } finally {
    await Promise.allSettled([...logs.values()].map(log => log.close()))
  }
  return openSavepoint(into)
}

function draftOf(graph: JobGraph, logs: ReadonlyMap<string, LogDescription>, clock: Clock): ManifestDraft {
  const progress = {
    keyGroups: graph.keyGroups,
    timeUnit: timeUnitOf(graph),
    sources: graph.sources.map(({ name }) => beginningOf(name, logs.get(name) as LogDescription)),
    clocks: graph.stages.map(({ name }) => ({ stage: name, clock: null })),
  }
  const operators = graphStates(graph)
  return {
    ...progress,
    kind: 'savepoint',
    createdMs: clock.now(),
    job: { name: graph.name, graph: graphData(graph) as unknown as Json, graphDigest: graphDigest(graph) },
    operators: operators.map(({ states, ...operator }) => ({
      ...operator,
      states: states.map(state => ({ ...state, layers: [] })),
    })),
    counts: {
      sources: graph.sources.map(({ name }) => ({
        name,
        rows: 0,
        duplicates: 0,
        late: 0,
        bad: 0,
        pastCut: 0,
        phases: { history: noCounts, overlap: noCounts, live: noCounts },
      })),
      operators: operators.map(({ uid }) => ({ uid, keys: 0 })),
    },
    history: [],
    parents: [],
    plan: null,
    sinks: {},
    timers: [],
    stateDigest: rootDigest([], progress),
  }
}

function beginningOf(name: string, log: LogDescription): ManifestSource {
  return {
    name,
    order: 'none',
    cut: 'given',
    log: { id: log.id, name: log.name },
    runningMax: null,
    partitions: log.partitions.map(({ partition, earliest }) => ({
      partition,
      next: earliest,
      runningMax: null,
      history: null,
    })),
  }
}
