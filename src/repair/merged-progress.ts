/** Where two savepoints stand together: the same positions, or partitions that only one of them has. */
import { conflict, invalid, type HeadwaterError } from '../errors.ts'
import { addedPhases, type CountsByPhase } from '../savepoint/handoff-facts.ts'
import type {
  Manifest,
  ManifestPartition,
  ManifestSource,
  SourceCounts,
  StageClock,
} from '../savepoint/manifest.ts'

/** The sources and clocks of both. */
export interface MergedProgress {
  readonly sources: readonly ManifestSource[]
  readonly clocks: readonly StageClock[]
  readonly counts: readonly SourceCounts[]
}

/**
 * Errors: `invalid`, code `different-settings` (key groups, time unit); `conflict`, codes `different-jobs`, `different-logs`,
 * `different-positions`, `different-sinks`.
 */
export function mergedProgress(a: Manifest, b: Manifest, freshSinks: boolean): MergedProgress {
  refuseOtherJob(a, b)
  if (!freshSinks) refuseOtherSinks(a, b)
  const same = a.sources.every(source => sharesPositions(source, namedSource(b, source.name)))
  return {
    sources: union(a.sources, b.sources, source => source.name, mergedSource),
    clocks: union(
      a.clocks,
      b.clocks,
      ({ stage }) => stage,
      (x, y) => ({ stage: x.stage, clock: leastClock(x.clock, y.clock) }),
    ),
    counts: union(
      a.counts.sources,
      b.counts.sources,
      counts => counts.name,
      (x, y) => (same ? x : addedCounts(x, y)),
    ),
  }
}

function refuseOtherJob(a: Manifest, b: Manifest): void {
  const settings = (['keyGroups', 'timeUnit'] as const).find(name => a[name] !== b[name])
  if (settings !== undefined) {
    const remedy =
      settings === 'keyGroups' ? 'bring one to the other’s by rewrite --key-groups' : 'choose another'
    const facts = { expected: `${settings} ${a[settings]}`, found: `${settings} ${b[settings]}`, remedy }
    throw invalid({ code: 'different-settings', thing: 'savepoints to be merged', ...facts })
  }
  if (a.job.name !== b.job.name)
    throw different('jobs', 'job', a.job.name, b.job.name, 'choose savepoints of one job')
}

function refuseOtherSinks(a: Manifest, b: Manifest): void {
  const sink = Object.keys(a.sinks).find(
    name => name in b.sinks && JSON.stringify(a.sinks[name]) !== JSON.stringify(b.sinks[name]),
  )
  if (sink === undefined) return
  const [x, y] = [a.sinks[sink], b.sinks[sink]].map(state => JSON.stringify(state))
  throw different('sinks', `sink ${sink}`, String(x), String(y), 'begin new outputs: --fresh-sinks')
}

function mergedSource(a: ManifestSource, b: ManifestSource): ManifestSource {
  const thing = `source ${a.name}`
  if (a.log !== null && b.log !== null && a.log.id !== b.log.id)
    throw different('logs', thing, a.log.id, b.log.id, 'positions of one log mean nothing in another')
  if (a.runningMax !== b.runningMax || a.cut !== b.cut || a.order !== b.order) {
    const [x, y] = [a, b].map(
      ({ order, cut, runningMax }) => `order ${order}, cut ${cut}, newest time ${runningMax ?? 'none'}`,
    )
    throw different('positions', thing, String(x), String(y), positionsRemedy)
  }
  const partitions = union(
    a.partitions,
    b.partitions,
    ({ partition }) => partition,
    (x, y) => samePartition(thing, x, y),
  )
  const growths = longer(a.growths, b.growths)
  return {
    ...a,
    log: a.log ?? b.log,
    partitions: [...partitions].sort((x, y) => x.partition - y.partition),
    ...(growths && { growths }),
  }
}

/** One may have been taken before the source grew. */
function longer<T>(a: readonly T[] = [], b: readonly T[] = []): readonly T[] | null {
  const found = a.length >= b.length ? a : b
  return found.length === 0 ? null : found
}

const positionsRemedy = 'bring both to the same positions, or merge savepoints of other partitions'

function samePartition(thing: string, a: ManifestPartition, b: ManifestPartition): ManifestPartition {
  if (a.next === b.next && a.runningMax === b.runningMax) return a
  const [x, y] = [a, b].map(
    ({ next, runningMax }) => `next ${next ?? 'unknown'}, newest time ${runningMax ?? 'none'}`,
  )
  throw different('positions', `${thing} partition ${a.partition}`, String(x), String(y), positionsRemedy)
}

function sharesPositions(a: ManifestSource, b: ManifestSource | undefined): boolean {
  return a.partitions.some(({ partition }) => b?.partitions.some(other => other.partition === partition))
}

function namedSource(manifest: Manifest, name: string): ManifestSource | undefined {
  return manifest.sources.find(source => source.name === name)
}

/** The clock of a stage is the least of its partitions: of both together it is the least of both. */
function leastClock(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

function addedCounts(a: SourceCounts, b: SourceCounts): SourceCounts {
  return {
    name: a.name,
    rows: a.rows + b.rows,
    duplicates: a.duplicates + b.duplicates,
    late: a.late + b.late,
    bad: a.bad + b.bad,
    pastCut: a.pastCut + b.pastCut,
    ...(a.phases && b.phases && { phases: addedByPhase(a.phases, b.phases) }),
  }
}

function addedByPhase(a: CountsByPhase, b: CountsByPhase): CountsByPhase {
  return {
    history: addedPhases(a.history, b.history),
    overlap: addedPhases(a.overlap, b.overlap),
    live: addedPhases(a.live, b.live),
  }
}

/** Those of `a` in their order, then those that only `b` has. */
export function union<T, K>(
  a: readonly T[],
  b: readonly T[],
  nameOf: (item: T) => K,
  both: (x: T, y: T) => T,
): readonly T[] {
  const others = new Map(b.map(item => [nameOf(item), item]))
  const first = a.map(item => {
    const other = others.get(nameOf(item))
    return other === undefined ? item : both(item, other)
  })
  const known = new Set(a.map(nameOf))
  return [...first, ...b.filter(item => !known.has(nameOf(item)))]
}

function different(
  what: string,
  thing: string,
  expected: string,
  found: string,
  remedy: string,
): HeadwaterError {
  return conflict({
    code: `different-${what}`,
    thing,
    expected: `${expected}, as in the first`,
    found,
    remedy,
  })
}
