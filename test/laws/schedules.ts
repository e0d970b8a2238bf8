/** Schedules: total orders of records that keep each partition's order. */
import type { Scripted } from './scripted-log.ts'

/** Positions by source and partition, `source/partition` → the first record not below. */
export type Cut = ReadonlyMap<string, number>

/** Which partition a record is in, over all sources. */
export function placeOf({ source, partition }: Pick<Scripted, 'source' | 'partition'>): string {
  return `${source}/${partition}`
}

/** Whether a record is history under that cut. */
export function isBelow(record: Scripted, cut: Cut): boolean {
  return record.offset < (cut.get(placeOf(record)) ?? 0)
}

/**
 * The canonical schedule, by its definition: next comes the partition head with the least (running maximum time, source,
 * partition). The running maximum counts the head's own time; a record without a time has −Infinity.
 */
export function canonical(
  records: readonly Scripted[],
  timeOf: (record: Scripted) => number | null,
): readonly Scripted[] {
  const queues = new Map<string, Scripted[]>()
  for (const record of records.toSorted((a, b) => a.offset - b.offset)) {
    const queue = queues.get(placeOf(record))
    if (queue) queue.push(record)
    else queues.set(placeOf(record), [record])
  }
  const maxima = new Map<string, number>()
  const headMax = (head: Scripted): number =>
    Math.max(maxima.get(placeOf(head)) ?? -Infinity, timeOf(head) ?? -Infinity)
  const schedule: Scripted[] = []
  for (;;) {
    const heads = [...queues.values()].flatMap(([head]) => (head ? [head] : []))
    const [first] = heads.sort(
      (a, b) => compare(headMax(a), headMax(b)) || compare(a.source, b.source) || a.partition - b.partition,
    )
    if (first === undefined) return schedule
    maxima.set(placeOf(first), headMax(first))
    queues.get(placeOf(first))?.shift()
    schedule.push(first)
  }
}

/** A schedule of the records in which the next partition is chosen by those numbers, one a record. */
export function interleaved(records: readonly Scripted[], choices: readonly number[]): readonly Scripted[] {
  const queues = new Map<string, Scripted[]>()
  for (const record of records.toSorted((a, b) => a.offset - b.offset)) {
    const queue = queues.get(placeOf(record))
    if (queue) queue.push(record)
    else queues.set(placeOf(record), [record])
  }
  return Array.from(records, (_, i) => {
    const open = [...queues.values()].filter(queue => queue.length > 0)
    const choice = (choices[i % Math.max(1, choices.length)] ?? 0) % open.length
    return (open[choice] as Scripted[]).shift() as Scripted
  })
}

/** Every cut of the records: each combination of positions. */
export function everyCut(records: readonly Scripted[]): readonly Cut[] {
  const ends = new Map<string, number>()
  for (const record of records)
    ends.set(placeOf(record), Math.max(ends.get(placeOf(record)) ?? 0, record.offset + 1))
  let cuts: Map<string, number>[] = [new Map()]
  for (const [place, end] of ends) {
    cuts = cuts.flatMap(cut => Array.from({ length: end + 1 }, (_, next) => new Map([...cut, [place, next]])))
  }
  return cuts
}

/** The time that counts in the canonical schedule: none for records that are refused before their time is looked at. */
const timeOf = ({ value: { n, at } }: Scripted): number | null =>
  n === null || at === null || (at as number) >= 1000 ? null : (at as number)

/** The canonical schedule below the cut, then a continuation that the numbers choose. */
export function scheduleOf(
  all: readonly Scripted[],
  cut: Cut,
  choices: readonly number[],
): readonly Scripted[] {
  return [...canonical(below(all, cut), timeOf), ...interleaved(above(all, cut), choices)]
}

/** Those of the history. */
export const below = (all: readonly Scripted[], cut: Cut): readonly Scripted[] =>
  all.filter(record => isBelow(record, cut))
const above = (all: readonly Scripted[], cut: Cut): readonly Scripted[] =>
  all.filter(record => !isBelow(record, cut))

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
