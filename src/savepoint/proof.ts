/**
 * What a savepoint or checkpoint proves of its handoff, per partition: the last record of history, the first that was read
 * live, where it is now, and whether the two join. From the manifest alone (L6): `headwater proof`, and the view of
 * `headwater show`, print it; its JSON form is this very object.
 */
import type { Offset } from '../record/position.ts'
import { isApproximate, type Accepted, type CountsByPhase, type SourceOverlap } from './handoff-facts.ts'
import type { Manifest, ManifestPartition, ManifestSource } from './manifest.ts'

/**
 * How history and log join in one partition.
 * `contiguous`: every offset from the history's first to the first live one is in history or live, once ·
 * `holes`: those that are named are in neither · `by id`: they meet in time, and ids tell the records of both apart ·
 * `approximate`: they meet in time, and nothing does · `given`: somebody said where; no offset of the history is known ·
 * `no history` · `not known`: nobody said where the history ends.
 */
export type Join = 'contiguous' | 'holes' | 'by id' | 'approximate' | 'given' | 'no history' | 'not known'

/** One partition. Offsets are inclusive but for `next` and the ends of holes. */
export interface PartitionProof {
  readonly partition: number
  /** Null where no row of the history has an offset. */
  readonly firstInHistory: Offset | null
  readonly lastInHistory: Offset | null
  /** The position at which live reading began, or will; null where that is not known. */
  readonly firstLive: Offset | null
  /** Whether it began. */
  readonly begun: boolean
  /** The first record not yet applied. */
  readonly next: Offset | null
  /** Offsets read live so far: `next` − `firstLive`. */
  readonly live: number
  readonly duplicatesInHistory: number
  /** Offsets that neither history nor live reading has: from, and end (exclusive). */
  readonly holes: readonly (readonly [from: Offset, end: Offset])[]
  /** The end of the overlap, below which records are told apart by their id; null where there is none. */
  readonly overlapEnd: Offset | null
  readonly join: Join
}

/** One source. */
export interface SourceProof {
  readonly source: string
  readonly log: ManifestSource['log']
  readonly cut: ManifestSource['cut']
  readonly overlap: SourceOverlap | null
  /** Duplicates left out, late and applied records, by phase; null in manifests of older versions. */
  readonly phases: CountsByPhase | null
  readonly partitions: readonly PartitionProof[]
}

/** The whole. */
export interface HandoffProof {
  readonly job: string
  readonly kind: Manifest['kind']
  readonly number: number
  readonly manifestDigest: string
  /** What somebody accepted on the way, the first one first. */
  readonly accepted: readonly Accepted[]
  /** Whether something of that makes the state an approximation. */
  readonly approximate: boolean
  readonly sources: readonly SourceProof[]
  /** Of each source partitions are known, every one joins without a hole, by offsets or by ids, and nothing approximate was accepted. */
  readonly proved: boolean
}

/** Reads it off a manifest. */
export function handoffProof(manifest: Manifest): HandoffProof {
  const { job, kind, number, manifestDigest, accepted = [] } = manifest
  const approximate = isApproximate(manifest)
  const sources = manifest.sources.map(source => sourceProof(source, manifest))
  const proved = !approximate && sources.every(isProved)
  return { job: job.name, kind, number, manifestDigest, accepted, approximate, sources, proved }
}

/** Those that leave no record out, and none twice. */
export const provedJoins: ReadonlySet<Join> = new Set<Join>(['contiguous', 'by id', 'no history'])

/** A source of which no partition is known says nothing of how it joins. */
function isProved({ partitions }: SourceProof): boolean {
  return partitions.length > 0 && partitions.every(({ join }) => provedJoins.has(join))
}

function sourceProof(source: ManifestSource, { counts }: Manifest): SourceProof {
  const { name, log, cut, overlap = null } = source
  const phases = counts.sources.find(each => each.name === name)?.phases ?? null
  const partitions = source.partitions.map(partition => partitionProof(partition, source))
  return { source: name, log, cut, overlap, phases, partitions }
}

function partitionProof(entry: ManifestPartition, source: ManifestSource): PartitionProof {
  const { partition, next, history, live } = entry
  const firstLive = live?.first ?? next
  const { first = null, last = null, duplicates = 0 } = history ?? {}
  const holes = [...(history?.holes ?? []), ...(live?.gaps ?? [])]
  const end = source.overlap?.ends?.find(([number]) => number === partition)?.[1]
  return {
    partition,
    firstInHistory: first,
    lastInHistory: last,
    firstLive,
    begun: live !== undefined,
    next,
    live: live === undefined || next === null ? 0 : next - live.first,
    duplicatesInHistory: duplicates,
    holes,
    overlapEnd: end ?? null,
    join: joinOf(entry, source, holes.length > 0),
  }
}

function joinOf({ next, history }: ManifestPartition, source: ManifestSource, hasHoles: boolean): Join {
  const { cut, order, overlap } = source
  if (hasHoles) return 'holes'
  if (cut === 'time') return overlap?.recordId === null || overlap === undefined ? 'approximate' : 'by id'
  if (next === null || cut === 'none') return 'not known'
  if (history !== null) return 'contiguous'
  if (order === 'none') return 'no history'
  return cut === 'given' ? 'given' : 'no history'
}
