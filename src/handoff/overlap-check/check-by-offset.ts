/**
 * Compares by offset: of each partition what the log still has below the cut. The history's rows come in the order of its files,
 * so a window of offsets is filled from them first, a hash an offset, and then held against the log as it streams by.
 */
import type { Offset, PartitionPositions } from '../../record/position.ts'
import { fieldsOf } from '../../record/record.ts'
import type { HistoryPlan } from '../../source/history.ts'
import type { FoundDifferences, OverlapExample, PartitionOverlap, SourceToCheck } from './overlap-check.ts'
import { hashOf, RecordTexts } from './record-text.ts'

/** Offsets [from, until) of one partition. */
interface Range {
  readonly partition: number
  readonly from: Offset
  readonly until: Offset
}

/** A range with the hashes of the history's rows in it; 0 and 0 where there is none. */
class Window implements Range {
  readonly partition: number
  readonly from: Offset
  readonly until: Offset
  readonly #low: Uint32Array
  readonly #high: Uint32Array

  constructor({ partition, from, until }: Range) {
    this.partition = partition
    this.from = from
    this.until = until
    this.#low = new Uint32Array(until - from)
    this.#high = new Uint32Array(until - from)
  }

  has(offset: Offset): boolean {
    return offset >= this.from && offset < this.until
  }

  set(offset: Offset, [low, high]: readonly [number, number]): void {
    this.#low[offset - this.from] = low
    this.#high[offset - this.from] = high
  }

  /** Takes a row out: whether it was there, and equal. */
  take(offset: Offset, [low, high]: readonly [number, number]): 'none' | 'equal' | 'different' {
    const at = offset - this.from
    const [ownLow, ownHigh] = [this.#low[at], this.#high[at]]
    this.set(offset, [0, 0])
    if (ownLow === 0 && ownHigh === 0) return 'none'
    return ownLow === low && ownHigh === high ? 'equal' : 'different'
  }

  /** What is left: rows that the log does not have. */
  *rest(): Generator<Offset> {
    for (let at = 0; at < this.#low.length; at++) {
      if (this.#low[at] !== 0 || this.#high[at] !== 0) yield this.from + at
    }
  }
}

/** Counts of one partition, over all of its windows. */
class Tally {
  readonly range: Range
  compared = 0
  missing = 0
  extra = 0
  different = 0

  constructor(range: Range) {
    this.range = range
  }

  done(): PartitionOverlap {
    const { compared, missing, extra, different } = this
    return { ...this.range, compared, missing, extra, different, extraKnown: true }
  }
}

/** Compares one source. Errors: those of reading. */
export async function checkByOffset(task: SourceToCheck): Promise<FoundDifferences> {
  const { source, known, log, history, windowRecords } = task
  const { partitions } = await log.describe()
  const ranges = partitions.flatMap(({ partition, earliest, latest }): readonly Range[] => {
    const next = known.partitions.find(each => each.partition === partition)?.next ?? 0
    return earliest < Math.min(next, latest)
      ? [{ partition, from: earliest, until: Math.min(next, latest) }]
      : []
  })
  const plan = await history.plan({
    source: source.name,
    fields: fieldsOf(source.schema),
    reportMisfits: true,
  })
  const tallies = new Map(ranges.map(range => [range.partition, new Tally(range)]))
  const examples: OverlapExample[] = []
  for (const windows of windowsOf(ranges, windowRecords))
    await compare(task, plan, windows, tallies, examples)
  return { partitions: [...tallies.values()].map(tally => tally.done()), examples }
}

/** The ranges cut into pieces, so many offsets together. */
function windowsOf(ranges: readonly Range[], size: number): readonly (readonly Range[])[] {
  const groups: Range[][] = [[]]
  let room = size
  for (const { partition, from, until } of ranges) {
    for (let at = from; at < until;) {
      const end = Math.min(until, at + room)
      groups.at(-1)!.push({ partition, from: at, until: end })
      room -= end - at
      at = end
      if (room === 0) {
        groups.push([])
        room = size
      }
    }
  }
  return groups.filter(group => group.length > 0)
}

async function compare(
  task: SourceToCheck,
  plan: HistoryPlan,
  ranges: readonly Range[],
  tallies: ReadonlyMap<number, Tally>,
  examples: OverlapExample[],
): Promise<void> {
  const windows = new Map(ranges.map(range => [range.partition, new Window(range)]))
  const texts = new RecordTexts(task.source)
  await fill(plan, windows, texts, task.signal)
  const note = (kind: OverlapExample['kind'], partition: number, offset: Offset): void => {
    tallies.get(partition)![kind]++
    if (examples.length < task.examples)
      examples.push({ kind, partition, offset, id: null, history: null, log: null })
  }
  const bound = (of: (range: Range) => Offset): PartitionPositions =>
    new Map(ranges.map(range => [range.partition, of(range)]))
  const read = { from: bound(({ from }) => from), until: bound(({ until }) => until) }
  for await (const { partition, records } of task.log.read({
    ...read,
    ...(task.signal && { signal: task.signal }),
  })) {
    const window = windows.get(partition) as Window
    for (const record of records) {
      const found = window.take(record.offset, hashOf(texts.text(texts.ofLog(record))))
      if (found === 'none') note('missing', partition, record.offset)
      else tallies.get(partition)!.compared++
      if (found === 'different') note('different', partition, record.offset)
    }
  }
  task.signal?.throwIfAborted()
  for (const window of windows.values())
    for (const offset of window.rest()) note('extra', window.partition, offset)
}

async function fill(
  plan: HistoryPlan,
  windows: ReadonlyMap<number, Window>,
  texts: RecordTexts,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const batch of plan.read(signal)) {
    const { partitions, offsets } = batch
    if (partitions === null || offsets === null) continue
    const record = texts.ofHistory(batch)
    for (let row = 0; row < batch.batch.length; row++) {
      const offset = offsets[row] as number
      const window = windows.get(partitions[row] as number)
      if (window?.has(offset) === true) window.set(offset, hashOf(texts.text(record(row))))
    }
  }
}
