/**
 * Holds history and log against each other, record by record, where both should have the same: below the cut. By offset where
 * the history carries them, else by record id. What is compared of a record is a 64-bit hash of the fields that the job declares.
 *
 * Memory is bounded: hashes of so many records at a time (`windowRecords`), and each time history is read once more, and that part
 * of the log. What differs is then read again, for the first examples alone.
 */
import { invalid } from '../../errors.ts'
import type { JobGraph } from '../../job/graph.ts'
import type { Offset } from '../../record/position.ts'
import type { Manifest, ManifestSource } from '../../savepoint/manifest.ts'
import type { History } from '../../source/history.ts'
import type { Log } from '../../source/log.ts'
import type { Source } from '../../source/source.ts'
import type { TimeCut } from '../time-cut.ts'
import { checkById } from './check-by-id.ts'
import { checkByOffset } from './check-by-offset.ts'
import { examplesOf } from './examples.ts'

/** What is compared. */
export interface OverlapCheckRequest {
  readonly graph: JobGraph
  /** Of a savepoint made of a history. */
  readonly manifest: Manifest
  /** By source name. */
  readonly logs: ReadonlyMap<string, Log>
  readonly histories: ReadonlyMap<string, History>
  /** Of histories without offsets: what `timeCuts` found. */
  readonly cuts?: ReadonlyMap<string, TimeCut>
  /** How many records' hashes are in memory at a time. Default 4,000,000 by offset (32 MB), a quarter of it by id. */
  readonly windowRecords?: number
  /** How many differences are shown of a source. Default 5. */
  readonly examples?: number
  readonly signal?: AbortSignal
}

/** `missing`: the log has it, the history does not · `extra`: the history has it, the log does not · `different`: in a field. */
export type DifferenceKind = 'missing' | 'extra' | 'different'

/** What was counted. */
export interface OverlapCounts {
  /** Records that both have, equal or not. */
  readonly compared: number
  readonly missing: number
  readonly extra: number
  readonly different: number
}

/** One partition, or, by id, all of a source. Offsets are of the log: from, and until (exclusive). */
export interface PartitionOverlap extends OverlapCounts {
  readonly partition: number | null
  readonly from: Offset | null
  readonly until: Offset | null
  /** False by id where the log was trimmed: what the history has beyond it may be in the part that is gone. */
  readonly extraKnown: boolean
}

/** One difference. */
export interface OverlapExample {
  readonly kind: DifferenceKind
  readonly partition: number | null
  readonly offset: Offset | null
  /** The record's id, where records are compared by it. */
  readonly id: string | null
  /** The record in its JSON form; null where there is none, or none that is one of the schema. */
  readonly history: string | null
  readonly log: string | null
}

/** One source. */
export interface SourceOverlapCheck extends OverlapCounts {
  readonly source: string
  readonly by: 'offset' | 'id'
  readonly partitions: readonly PartitionOverlap[]
  readonly examples: readonly OverlapExample[]
}

/** All sources. */
export interface OverlapCheck {
  readonly sources: readonly SourceOverlapCheck[]
  /** Whether nothing is missing, extra or different. */
  readonly same: boolean
}

/** What the two ways of comparing are given. */
export interface SourceToCheck {
  readonly source: Source
  readonly known: ManifestSource
  readonly log: Log
  readonly history: History
  readonly cut: TimeCut | null
  readonly windowRecords: number
  readonly examples: number
  readonly signal: AbortSignal | undefined
}

/** What they find: examples still without their records. */
export interface FoundDifferences {
  readonly partitions: readonly PartitionOverlap[]
  readonly examples: readonly OverlapExample[]
}

/**
 * Compares. Errors: `invalid`, codes `no-history-to-check` (a checkpoint, a job without a past) and `nothing-to-check-by` (neither
 * offsets nor ids); those of reading history and log.
 */
export async function checkOverlap(request: OverlapCheckRequest): Promise<OverlapCheck> {
  const sources: SourceOverlapCheck[] = []
  for (const source of request.graph.sources) sources.push(await checkSource(source, request))
  return {
    sources,
    same: sources.every(({ missing, extra, different }) => missing + extra + different === 0),
  }
}

async function checkSource(source: Source, request: OverlapCheckRequest): Promise<SourceOverlapCheck> {
  const { manifest, windowRecords = 4_000_000, examples = 5, signal } = request
  const { name } = source
  const known = manifest.sources.find(each => each.name === name)
  const [log, history] = [request.logs.get(name), request.histories.get(name)]
  const isOfHistory = manifest.number === 0 && manifest.plan === null && known?.order !== 'none'
  if (known === undefined || log === undefined || history === undefined || !isOfHistory) throw noHistory(name)
  const cut = request.cuts?.get(name) ?? null
  const task: SourceToCheck = { source, known, log, history, cut, windowRecords, examples, signal }
  const by = known.partitions.some(({ next, history: rows }) => next !== null && rows !== null)
    ? 'offset'
    : 'id'
  if (by === 'id' && source.recordId === null) throw nothingToCheckBy(name)
  const found = by === 'offset' ? await checkByOffset(task) : await checkById(task)
  const sum = (of: keyof OverlapCounts): number => found.partitions.reduce((all, each) => all + each[of], 0)
  return {
    source: name,
    by,
    compared: sum('compared'),
    missing: sum('missing'),
    extra: sum('extra'),
    different: sum('different'),
    partitions: found.partitions,
    examples: await examplesOf(task, found.examples),
  }
}

function noHistory(source: string): Error {
  return invalid({
    code: 'no-history-to-check',
    thing: `source ${source}`,
    expected: 'a savepoint made of a history, and the history and the log of each source',
    found: 'none',
    remedy: 'name the savepoint that bootstrap wrote, not a checkpoint',
  })
}

function nothingToCheckBy(source: string): Error {
  return invalid({
    code: 'nothing-to-check-by',
    thing: `source ${source}`,
    expected: 'a history with offsets, or a recordId that the source declares',
    found: 'neither',
    remedy: 'declare recordId for the source, and bootstrap again',
  })
}
