/**
 * Which log positions a history covers (architecture.md section 5, Coverage). Headwater's archive says in each file which
 * offsets it covers; of other files only the rows are known, and the cut is the last one + 1.
 */
import type { PinnedFile } from '../source/history.ts'
import { OffsetSet } from './offset-set.ts'

/** A range of offsets, [from, to). */
export type OffsetRange = readonly [from: number, to: number]

/** What a history holds of one partition. */
export interface PartitionCoverage {
  readonly partition: number
  /** The first record not in history: where the log goes on. */
  readonly next: number
  /** The first and the last offset of a row; null when there are no rows. */
  readonly first: number | null
  readonly last: number | null
  readonly rows: number
  readonly duplicates: number
  /** From the archive's beginning, else the first row, to `next`: neither rows nor covered by an archive. */
  readonly holes: readonly OffsetRange[]
}

/** Collects the positions of one source's history. */
export class Coverage {
  readonly #seen = new Map<number, OffsetSet>()
  readonly #duplicates = new Map<number, number>()
  readonly #covered = new Map<number, OffsetRange[]>()
  /** Where the archive of a partition was begun. */
  readonly #starts = new Map<number, number>()

  constructor(files: readonly PinnedFile[]) {
    for (const { coverage } of files) {
      if (coverage === null) continue
      const ranges = this.#covered.get(coverage.partition) ?? []
      ranges.push([coverage.first, coverage.next])
      this.#covered.set(coverage.partition, ranges)
      const { partition, start = Infinity } = coverage
      this.#starts.set(partition, Math.min(start, this.#starts.get(partition) ?? Infinity))
    }
  }

  /** Counts a row; false when its position was there before. */
  add(partition: number, offset: number): boolean {
    let seen = this.#seen.get(partition)
    if (!seen) this.#seen.set(partition, (seen = new OffsetSet()))
    if (seen.add(offset)) return true
    this.#duplicates.set(partition, (this.#duplicates.get(partition) ?? 0) + 1)
    return false
  }

  /** By partition number; partitions that an archive covers without rows included. */
  partitions(): readonly PartitionCoverage[] {
    const numbers = new Set([...this.#seen.keys(), ...this.#covered.keys()])
    return [...numbers].sort((a, b) => a - b).map(partition => this.#partition(partition))
  }

  #partition(partition: number): PartitionCoverage {
    const seen = this.#seen.get(partition) ?? new OffsetSet()
    const ranges = merged([...(this.#covered.get(partition) ?? []), ...runsOf(seen)])
    const first = ranges[0]?.[0] ?? 0
    const start = Math.min(first, this.#starts.get(partition) ?? Infinity)
    return {
      partition,
      next: ranges.at(-1)?.[1] ?? 0,
      first: seen.count === 0 ? null : seen.first,
      last: seen.count === 0 ? null : seen.last,
      rows: seen.count,
      duplicates: this.#duplicates.get(partition) ?? 0,
      holes: gapsBetween([[start, start], ...ranges]),
    }
  }
}

/**
 * What is missing below a cut that somebody gave: nothing past it, and everything from where the history ends up to it.
 * `covered` undefined: the history has nothing of the partition.
 */
export function holesBelow(cut: number, covered: PartitionCoverage | undefined): readonly OffsetRange[] {
  const { holes = [], next = 0 } = covered ?? {}
  const below = holes.filter(([from]) => from < cut).map(([from, to]) => [from, Math.min(to, cut)] as const)
  return next < cut ? [...below, [next, cut]] : below
}

/** The runs of offsets without a hole. */
function runsOf(seen: OffsetSet): readonly OffsetRange[] {
  if (seen.count === 0) return []
  const ends = [...seen.holes().map(([from]) => from), seen.last + 1]
  const starts = [seen.first, ...seen.holes().map(([, to]) => to)]
  return starts.map((start, i) => [start, ends[i] as number])
}

function merged(ranges: readonly OffsetRange[]): readonly OffsetRange[] {
  const out: [number, number][] = []
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = out.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else out.push([from, to])
  }
  return out
}

function gapsBetween(ranges: readonly OffsetRange[]): readonly OffsetRange[] {
  const gaps = ranges.slice(1).map(([from], i) => [(ranges[i] as OffsetRange)[1], from] as const)
  return gaps.filter(([from, to]) => from < to)
}
