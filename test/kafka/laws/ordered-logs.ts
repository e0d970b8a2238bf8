/**
 * Real logs whose records come in a given total order over all sources: the law speaks of schedules. What a log gives is
 * held against the schedule: another record in its place, or one more at its end, fails the read.
 */
import type { Log, LogBatch, LogDescription, LogReadOptions } from '../../../src/source/log.ts'
import type { Scripted } from '../../laws/scripted-log.ts'

/** Where logs end for a run, by source and partition; what is not named ends where it ends. */
export type Ends = ReadonlyMap<string, ReadonlyMap<number, number>>

/** For each partition of which `schedule` is a beginning, the first record of `all` that is not in it. */
export function endsOf(all: readonly Scripted[], schedule: readonly Scripted[]): Ends {
  const included = new Set(schedule)
  const ends = new Map<string, Map<number, number>>()
  for (const record of all) {
    if (included.has(record)) continue
    const { source, partition, offset } = record
    const own = ends.get(source) ?? new Map<number, number>()
    ends.set(source, own.set(partition, Math.min(own.get(partition) ?? Infinity, offset)))
  }
  return ends
}

/** The log as it was when it ended there. */
export function shortened(log: Log, ends: ReadonlyMap<number, number>, maxBatchRecords: number): Log {
  return {
    async describe(): Promise<LogDescription> {
      const { partitions, ...rest } = await log.describe()
      const shorter = partitions.map(each => ({ ...each, latest: ends.get(each.partition) ?? each.latest }))
      return { ...rest, partitions: shorter }
    },
    offsetsAt: timeMs => log.offsetsAt(timeMs),
    read: options => log.read({ ...options, maxBatchRecords }),
    close: () => log.close(),
  }
}

/** The logs, whose records come in the order of the schedule, up to `maxRecords` neighbours of a partition at once. */
export function orderedLogs(
  logs: Readonly<Record<string, Log>>,
  schedule: readonly Scripted[],
  maxRecords: number,
): Readonly<Record<string, Log>> {
  const conductor = new Conductor(schedule, maxRecords)
  const ordered = Object.entries(logs).map(([source, log]): [string, Log] => [
    source,
    {
      describe: () => log.describe(),
      offsetsAt: timeMs => log.offsetsAt(timeMs),
      read: options => conductor.reading(source, new SourceReads(log, options)),
      close: () => log.close(),
    },
  ])
  return Object.fromEntries(ordered)
}

type Result = IteratorResult<LogBatch, undefined>

/** The partitions of one source, read apart. */
class SourceReads {
  readonly from: ReadonlyMap<number, number>
  readonly #reads: ReadonlyMap<number, AsyncIterator<LogBatch>>
  readonly #rest = new Map<number, LogBatch>()

  constructor(log: Log, { from, until, ...options }: LogReadOptions) {
    this.from = from
    const reads = [...from].map(([partition, next]) => {
      const end = until?.get(partition) as number
      const own = { from: new Map([[partition, next]]), until: new Map([[partition, end]]) }
      return [partition, log.read({ ...options, ...own })[Symbol.asyncIterator]()] as const
    })
    this.#reads = new Map(reads)
  }

  /** The next records of the partition, up to so many, or none where only the position moves; null at its end. */
  async take(partition: number, most: number): Promise<LogBatch | null> {
    const batch = this.#rest.get(partition) ?? (await this.#reads.get(partition)?.next())?.value
    this.#rest.delete(partition)
    if (batch === undefined) return null
    const { records } = batch as LogBatch
    if (records.length <= most) return batch as LogBatch
    const [taken, rest] = [records.slice(0, most), records.slice(most)]
    this.#rest.set(partition, { ...(batch as LogBatch), records: rest })
    return { partition, records: taken, next: (taken.at(-1)?.offset as number) + 1 }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#reads.values()].map(async read => read.return?.()))
  }
}

interface Waiting {
  readonly reads: SourceReads
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Says whose turn it is. */
class Conductor {
  readonly #schedule: readonly Scripted[]
  readonly #maxRecords: number
  readonly #waiting = new Map<string, Waiting>()
  #at = 0
  #playing = false

  constructor(schedule: readonly Scripted[], maxRecords: number) {
    this.#schedule = schedule
    this.#maxRecords = maxRecords
  }

  reading(source: string, reads: SourceReads): AsyncIterable<LogBatch> {
    const next = (): Promise<Result> =>
      new Promise((resolve, reject) => {
        this.#waiting.set(source, { reads, resolve, reject })
        void this.#play()
      })
    const end = async (): Promise<Result> => {
      await reads.close()
      return { done: true, value: undefined }
    }
    return { [Symbol.asyncIterator]: () => ({ next, return: end }) }
  }

  /** One batch at a time: two that are handed out at once may arrive in the other order. */
  async #play(): Promise<void> {
    if (this.#playing) return
    this.#playing = true
    for (let more = true; more;) {
      await new Promise(resolve => setImmediate(resolve))
      const head = this.#schedule[this.#at]
      more = head === undefined ? await this.#end() : await this.#deliver(head)
    }
    this.#playing = false
  }

  /** False where its source does not ask yet. */
  async #deliver(head: Scripted): Promise<boolean> {
    const { source, partition, offset } = head
    const waiting = this.#waiting.get(source)
    if (waiting === undefined) return false
    if (offset < (waiting.reads.from.get(partition) as number)) {
      this.#at++ // history
      return true
    }
    try {
      const batch = await waiting.reads.take(partition, this.#neighbours(head))
      for (const record of batch?.records ?? [null]) this.#check(record?.offset)
      this.#waiting.delete(source)
      waiting.resolve({ done: false, value: batch as LogBatch })
    } catch (error) {
      this.#waiting.delete(source)
      waiting.reject(error)
    }
    return true
  }

  #neighbours({ source, partition }: Scripted): number {
    let count = 0
    const isNext = (next: Scripted | undefined): boolean =>
      next?.source === source && next.partition === partition
    while (count < this.#maxRecords && isNext(this.#schedule[this.#at + count])) count++
    return count
  }

  #check(offset: number | undefined): void {
    const expected = this.#schedule[this.#at++]
    if (offset === expected?.offset) return
    throw new Error(`found ${offset ?? 'nothing'} where the schedule has ${JSON.stringify(expected)}`)
  }

  /** Behind the last record only positions move, over markers and aborted records. False when nobody waits any more. */
  async #end(): Promise<boolean> {
    for (const [source, { reads, resolve, reject }] of this.#waiting) {
      this.#waiting.delete(source)
      try {
        const batch = await firstOf([...reads.from.keys()].map(partition => () => reads.take(partition, 1)))
        if (batch !== null && batch.records.length > 0) throw new Error(`one more: ${JSON.stringify(batch)}`)
        resolve(batch === null ? { done: true, value: undefined } : { done: false, value: batch })
      } catch (error) {
        reject(error)
      }
    }
    return false
  }
}

async function firstOf(takes: readonly (() => Promise<LogBatch | null>)[]): Promise<LogBatch | null> {
  for (const take of takes) {
    const batch = await take()
    if (batch !== null) return batch
  }
  return null
}
