/**
 * The state of a whole job whose tasks have a chain each: one manifest, computed (live/TASKS.md, K1). Pure. The keys of tasks
 * are disjoint, so layers of several chains may lie one above the other in any order.
 */
import { badData } from '../../errors.ts'
import { unionSinkState } from '../../sink/union-state.ts'
import { addedPhases, noCounts, type CountsByPhase } from '../handoff-facts.ts'
import { manifestDigestOf } from '../manifest-file.ts'
import type {
  Layer,
  Manifest,
  ManifestOperator,
  ManifestSource,
  ManifestState,
  SourceCounts,
  StageClock,
} from '../manifest.ts'

/** What task `index` of `count` begins with: the part of its generation's manifest that is about its partitions. */
export function partOfTask(generation: Manifest, index: number, count: number): Manifest {
  const { tasks: _tasks, answers: _answers, ...rest } = generation
  return {
    ...rest,
    sources: generation.sources.map(source => ({
      ...source,
      partitions: source.partitions.filter(({ partition }) => partition % count === index),
    })),
    // Counted from nothing: the generation's own counts are added once, for all tasks.
    counts: { ...generation.counts, sources: generation.counts.sources.map(nothingCounted) },
    task: { generation: generation.number, index, count },
  }
}

/** The union; `heads`: the newest manifest of each chain that has one. Errors: `data`, code `corrupt-manifest`. */
export function unionOf(generation: Manifest, heads: readonly Manifest[]): Manifest {
  const { answers: _, manifestDigest: _digest, ...rest } = generation
  const union: Omit<Manifest, 'manifestDigest'> = {
    ...rest,
    createdMs: Math.max(generation.createdMs, ...heads.map(({ createdMs }) => createdMs)),
    operators: generation.operators.map(operator => unionOperator(operator, heads)),
    sources: generation.sources.map(source => unionSource(source, heads)),
    clocks: generation.clocks.map(clock => unionClock(clock, heads)),
    counts: {
      sources: generation.counts.sources.map(counts => heads.reduce(added(counts.name), counts)),
      operators: generation.counts.operators.map(({ uid }) => ({ uid, keys: null })),
    },
    sinks: unionSinks(generation, heads),
    stateDigest: null,
  }
  return { ...union, manifestDigest: manifestDigestOf(union) }
}

function unionOperator(operator: ManifestOperator, heads: readonly Manifest[]): ManifestOperator {
  return {
    ...operator,
    states: operator.states.map(state => {
      const own = heads.flatMap(head => layersAbove(state, head, operator.uid))
      return { ...state, layers: [...state.layers, ...own] }
    }),
  }
}

/** What a task wrote: everything above the layers of its generation, which it never changes. */
function layersAbove(below: ManifestState, head: Manifest, uid: string): readonly Layer[] {
  const operator = head.operators.find(each => each.uid === uid)
  const layers = operator?.states.find(({ name }) => name === below.name)?.layers ?? []
  const names = (all: readonly Layer[]): string =>
    JSON.stringify(all.map(({ segments }) => segments.map(({ name }) => name)))
  const count = below.layers.length
  if (names(layers.slice(0, count)) === names(below.layers)) return layers.slice(count)
  throw badData({
    code: 'corrupt-manifest',
    thing: `task ${head.task?.index}, checkpoint ${head.number}: state ${uid}/${below.name}`,
    expected: `the ${count} layers of generation ${head.task?.generation} below its own`,
    found: 'others',
  })
}

function unionSource(source: ManifestSource, heads: readonly Manifest[]): ManifestSource {
  const read = heads.flatMap(({ sources }) => sources.find(({ name }) => name === source.name) ?? [])
  const partitions = new Map(source.partitions.map(each => [each.partition, each]))
  for (const each of read.flatMap(part => part.partitions)) partitions.set(each.partition, each)
  return {
    ...source,
    log: read.find(({ log }) => log !== null)?.log ?? source.log,
    partitions: [...partitions.values()].sort((a, b) => a.partition - b.partition),
  }
}

/** The least: that of the slowest task, as one task would have it over all partitions. */
function unionClock({ stage, clock }: StageClock, heads: readonly Manifest[]): StageClock {
  const known = heads.flatMap(({ clocks }) => clocks.find(each => each.stage === stage)?.clock ?? [])
  return { stage, clock: known.length === 0 ? clock : Math.min(...known) }
}

function unionSinks(generation: Manifest, heads: readonly Manifest[]): Manifest['sinks'] {
  const names = Object.keys(generation.sinks)
  const states = (name: string): readonly Manifest['sinks'][string][] =>
    heads.map(({ sinks }) => sinks[name] ?? null)
  return Object.fromEntries(
    names.map(name => [name, unionSinkState([generation.sinks[name] ?? null, ...states(name)])]),
  )
}

function nothingCounted({ name, phases }: SourceCounts): SourceCounts {
  const none: CountsByPhase = { history: noCounts, overlap: noCounts, live: noCounts }
  return { name, rows: 0, duplicates: 0, late: 0, bad: 0, pastCut: 0, ...(phases && { phases: none }) }
}

function added(name: string): (sum: SourceCounts, head: Manifest) => SourceCounts {
  return (sum, head) => {
    const more = head.counts.sources.find(each => each.name === name)
    if (more === undefined) return sum
    const { phases } = sum
    return {
      name,
      rows: sum.rows + more.rows,
      duplicates: sum.duplicates + more.duplicates,
      late: sum.late + more.late,
      bad: sum.bad + more.bad,
      pastCut: sum.pastCut + more.pastCut,
      ...(phases && {
        phases: {
          history: addedPhases(phases.history, more.phases?.history ?? noCounts),
          overlap: addedPhases(phases.overlap, more.phases?.overlap ?? noCounts),
          live: addedPhases(phases.live, more.phases?.live ?? noCounts),
        },
      }),
    }
  }
}
