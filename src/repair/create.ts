/** `create`: a savepoint of a job from aggregates that exist already, where there are no events to fold. */
import { invalid, type HeadwaterError } from '../errors.ts'
import { graphStates, type GraphOperator } from '../handoff/graph-states.ts'
import { graphOf } from '../job/brand.ts'
import { graphData, graphDigest } from '../job/graph-data.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Job } from '../job/job.ts'
import { resolveJob } from '../job/load.ts'
import type { JobReference } from '../job/job-file.ts'
import { timeUnitOf } from '../job/time-unit.ts'
import type { Json } from '../savepoint/canonical-json.ts'
import type { ManifestSource } from '../savepoint/manifest.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import type { History, HistoryPlan } from '../source/history.ts'
import { aggregateRows, planAggregates } from './aggregates.ts'
import { writeSavepoint, type NewState } from './new-savepoint.ts'
import type { RepairOptions, RepairReport } from './repair.ts'

/** What to create from. */
export interface CreateOptions extends RepairOptions {
  /**
   * Tables by `UID/STATE`, such as `parquet('totals.parquet')`: columns by name, the key's fields and the state's name; of a list
   * state a row an element, with its `index`, an int32; of a map state a row an entry, with its `map_key`; of an aggregating state
   * the accumulator. A state without a table begins empty.
   */
  readonly from: Readonly<Record<string, History>>
  /** By source and partition the first record that the aggregates do not hold. Without it `run` refuses: no cut is known. */
  readonly positions?: Readonly<Record<string, Readonly<Record<number, number>>>>
}

/**
 * Makes the savepoint at `options.into`. Errors: `invalid`, codes `unknown-state`, `unknown-source`, `missing-source`,
 * `bad-position`, `foreign-folder`, and those of a history's plan (`missing-column`, `column-type`); `data`, codes `null-key`,
 * `null-value`, `duplicate-key`, `duplicate-entry`, `list-gap`, and those of reading; `conflict`, code `savepoint-exists`; `unavailable`.
 */
export async function create(job: Job | JobReference, options: CreateOptions): Promise<RepairReport> {
  const graph = graphOf(await resolveJob(job))
  const operators = graphStates(graph)
  const plans = await plannedTables(operators, options.from)
  const sources = createdSources(graph, options.positions ?? null)
  let done = 0
  const total = [...plans.values()].reduce((sum, { rows }) => sum + rows, 0)
  const tell = (state: string, rows: number): void =>
    options.onProgress?.({ state, done: Math.floor((done += rows / 2)), total }) // read, and then written in order
  return writeSavepoint(
    {
      command: 'create',
      summary: Object.entries(options.from).map(([path, { name }]) => `${path}=${name}`),
      operators: operators.map(({ uid, key }) => ({ uid, key })),
      states: operators.flatMap(operator => createdStates(operator, plans, graph, options, tell)),
      dropped: [],
      audit: [],
      made: [],
      draft: {
        job: {
          name: graph.name,
          graph: graphData(graph) as unknown as Json,
          graphDigest: graphDigest(graph),
        },
        keyGroups: graph.keyGroups,
        timeUnit: timeUnitOf(graph),
        sources,
        clocks: graph.stages.map(({ name }) => ({ stage: name, clock: null })),
        counts: { sources: graph.sources.map(({ name }) => ({ ...noCounts, name })) },
        history: [],
        parents: [],
        plan: null,
        sinks: {},
      },
    },
    options,
  )
}

const noCounts = { rows: 0, duplicates: 0, late: 0, bad: 0, pastCut: 0 }

async function plannedTables(
  operators: readonly GraphOperator[],
  from: Readonly<Record<string, History>>,
): Promise<ReadonlyMap<string, HistoryPlan>> {
  const tables = new Map(
    operators.flatMap(tablesOf).map(table => [`${table.uid}/${table.state.name}`, table]),
  )
  const plans = new Map<string, HistoryPlan>()
  for (const [path, history] of Object.entries(from)) {
    const table = tables.get(path)
    if (table === undefined) throw unknown('unknown-state', path, [...tables.keys()])
    plans.set(path, await planAggregates(table, history))
  }
  return plans
}

function tablesOf({ uid, key, states }: GraphOperator): readonly StateTable[] {
  return states.map(state => ({ uid, key, state }))
}

function createdStates(
  operator: GraphOperator,
  plans: ReadonlyMap<string, HistoryPlan>,
  { keyGroups }: JobGraph,
  { signal }: RepairOptions,
  tell: (state: string, rows: number) => void,
): readonly NewState[] {
  return tablesOf(operator).map(table => {
    const path = `${table.uid}/${table.state.name}`
    const plan = plans.get(path)
    const pieces = async function* (scratch: () => Promise<string>): AsyncGenerator<EntryRows> {
      if (plan === undefined) return
      const onRead = (rows: number): void => tell(path, rows)
      for await (const rows of aggregateRows(table, plan, keyGroups, scratch, { signal, onRead })) {
        yield rows
        tell(path, rows.length)
      }
    }
    return { table, pieces, before: () => null }
  })
}

function createdSources(
  graph: JobGraph,
  positions: CreateOptions['positions'] | null,
): readonly ManifestSource[] {
  const names = graph.sources.map(({ name }) => name)
  for (const name of Object.keys(positions ?? {}))
    if (!names.includes(name)) throw unknown('unknown-source', name, names)
  return names.map(name => {
    const given = positions?.[name]
    if (positions !== null && given === undefined)
      throw unknown('missing-source', `positions of ${name}`, [name])
    const partitions = Object.entries(given ?? {}).map(([partition, next]) => ({
      partition: checkedNumber(name, partition, Number(partition)),
      next: checkedNumber(name, partition, next),
      runningMax: null,
      history: null,
    }))
    partitions.sort((a, b) => a.partition - b.partition)
    return { name, order: 'none', cut: given ? 'given' : 'none', log: null, runningMax: null, partitions }
  })
}

function checkedNumber(source: string, partition: string, number: number): number {
  if (Number.isSafeInteger(number) && number >= 0) return number
  const expected = 'partition numbers and offsets, whole and not negative'
  throw invalid({
    code: 'bad-position',
    thing: `positions of ${source}`,
    expected,
    found: `${partition}: ${number}`,
  })
}

function unknown(code: string, thing: string, known: readonly string[]): HeadwaterError {
  const expected = known.length === 0 ? 'none: the job has none' : `one of ${known.join(', ')}`
  return invalid({ code, thing, expected })
}
