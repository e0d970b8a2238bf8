/**
 * One bounded run: scan → key groups → one group at a time → sorted entries → segments → one commit.
 *
 * I1. Until the commit (L4) nothing in the target folder looks like a savepoint; a failed run removes what it wrote.
 * I2. Sinks are mute and no end-of-input watermark fires (L9): this driver is never given a sink.
 * I3. State, watermarks and positions go into one manifest (L3).
 */
import { systemClock, type Clock } from '../clock.ts'
import { invalid } from '../errors.ts'
import { noWatermark } from '../record/event-time.ts'
import { graphOf } from '../job/brand.ts'
import { graphData, graphDigest } from '../job/graph-data.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Job } from '../job/job.ts'
import { timeUnitOf } from '../job/time-unit.ts'
import { prepareFolder, type AttemptFolder } from '../savepoint/attempt-folder.ts'
import type { Json } from '../savepoint/canonical-json.ts'
import { rootDigest } from '../savepoint/digest.ts'
import type { ManifestDraft } from '../savepoint/manifest.ts'
import { openSavepoint } from '../savepoint/open.ts'
import type { Savepoint } from '../savepoint/savepoint.ts'
import type { History } from '../source/history.ts'
import { discardBadRows, keepBadRows } from './bad-rows-file.ts'
import type { BootstrapOptions, Positions } from './bootstrap.ts'
import { foldJob, type FoldedJob } from './job-fold.ts'
import { planSources, scanSources, type JobScanSettings } from './job-scan.ts'
import { manifestSource, sourceCounts } from './manifest-sources.ts'
import { writeOverlaps, type WrittenOverlap } from './overlap-state.ts'
import type { SourceScan } from './source-scan.ts'

/** One bounded run; see `bootstrap`. */
export async function boundedRun<J extends Job>(job: J, options: BootstrapOptions<J>): Promise<Savepoint> {
  const graph = graphOf(job)
  const { clock = systemClock, onProgress = () => undefined, signal } = options
  const settings: JobScanSettings = {
    history: checkedHistories(graph, options.history),
    cut: checkedCut(graph, options.cut ?? {}),
    byEventTime: options.order === 'event-time',
    onProgress,
    ...(signal ? { signal } : {}),
  }
  const scans = await planSources(graph, settings)
  const folder = await prepareFolder(options.into, clock)
  try {
    await build(graph, scans, settings, folder, clock)
  } catch (error) {
    await discardBadRows(folder.path)
    await folder.abandon()
    throw error
  }
  return openSavepoint(options.into)
}

async function build(
  graph: JobGraph,
  scans: readonly SourceScan[],
  settings: JobScanSettings,
  folder: AttemptFolder,
  clock: Clock,
): Promise<void> {
  const scan = await scanSources(graph, scans, settings)
  const folded = await foldJob(graph, scan, folder, settings)
  const overlaps = await writeOverlaps(graph, scans, folder)
  for (const { source, bad } of scans) await keepBadRows(folder.path, source.name, bad.kept)
  settings.signal?.throwIfAborted()
  settings.onProgress({ phase: 'commit', name: '', done: 0, total: 1 })
  await folder.commit(manifestDraft(graph, scans, withOverlaps(folded, overlaps), clock))
  settings.onProgress({ phase: 'commit', name: '', done: 1, total: 1 })
}

function withOverlaps(folded: FoldedJob, overlaps: readonly WrittenOverlap[]): FoldedJob {
  return {
    ...folded,
    operators: [...folded.operators, ...overlaps.map(({ operator }) => operator)],
    digests: [...folded.digests, ...overlaps.map(({ digest }) => digest)],
    keyCounts: [...folded.keyCounts, ...overlaps.map(({ counts }) => counts)],
  }
}

function manifestDraft(
  graph: JobGraph,
  scans: readonly SourceScan[],
  folded: FoldedJob,
  clock: Clock,
): ManifestDraft {
  const progress = {
    keyGroups: graph.keyGroups,
    timeUnit: timeUnitOf(graph),
    sources: scans.map(manifestSource),
    clocks: folded.clocks.map(({ stage, clock: time }) => ({
      stage,
      clock: time === noWatermark ? null : time,
    })),
  }
  return {
    ...progress,
    kind: 'savepoint',
    createdMs: clock.now(),
    job: { name: graph.name, graph: graphData(graph) as unknown as Json, graphDigest: graphDigest(graph) },
    operators: folded.operators,
    counts: { sources: scans.map(sourceCounts), operators: folded.keyCounts },
    history: scans.map(({ source, plan }) => ({ source: source.name, files: plan.files })),
    parents: [],
    plan: null,
    sinks: {},
    timers: [],
    stateDigest: rootDigest(folded.digests, progress),
  }
}

function checkedHistories(
  graph: JobGraph,
  history: Readonly<Record<string, History>>,
): Readonly<Record<string, History>> {
  const names = graph.sources.map(source => source.name)
  const missing = names.find(name => history[name] === undefined)
  if (missing !== undefined) {
    const remedy = `give it one: history: { ${missing}: parquet('…') } or --history ${missing}='…'`
    throw invalid({
      code: 'missing-history',
      thing: `source ${missing}`,
      expected: 'a history',
      found: 'none',
      remedy,
    })
  }
  const unknown = Object.keys(history).find(name => !names.includes(name))
  if (unknown === undefined) return history
  throw invalid({
    code: 'unknown-source',
    thing: `history ${unknown}`,
    expected: `one of ${names.join(', ')}`,
  })
}

function checkedCut(graph: JobGraph, cut: Positions): JobScanSettings['cut'] {
  const names = graph.sources.map(source => source.name)
  return Object.fromEntries(
    Object.entries(cut).map(([source, positions]) => {
      const thing = `cut of ${source}`
      if (!names.includes(source))
        throw invalid({ code: 'unknown-source', thing, expected: `one of ${names.join(', ')}` })
      return [source, new Map(Object.entries(positions).map(entry => checkedPosition(thing, entry)))]
    }),
  )
}

function checkedPosition(
  thing: string,
  [partition, next]: readonly [string, unknown],
): readonly [number, number] {
  const number = Number(partition)
  if (Number.isSafeInteger(number) && number >= 0 && Number.isSafeInteger(next) && (next as number) >= 0) {
    return [number, next as number]
  }
  const found = `${partition}: ${String(next)}`
  throw invalid({
    code: 'bad-position',
    thing,
    expected: 'partition number: offset, both whole and not negative',
    found,
  })
}
