/**
 * Logs that deliver their records in a given total order, over all sources: the law speaks of schedules, and a test must
 * choose them. One script serves the logs of all sources of a run.
 */
import type { Log, LogBatch, LogReadOptions } from '../../src/source/log.ts'

/** One record of the script. */
export interface Scripted {
  readonly source: string
  readonly partition: number
  readonly offset: number
  readonly value: Readonly<Record<string, unknown>>
}

interface Waiting {
  readonly options: LogReadOptions
  readonly resolve: (result: IteratorResult<LogBatch, undefined>) => void
}

/**
 * Logs for the sources, which deliver `script` in its order; neighbours of one partition come in batches of up to
 * `batchRecords`. `partitions`: how many each source has. Reading ends where the script does.
 */
export function scriptedLogs(
  sources: readonly string[],
  partitions: number,
  script: readonly Scripted[],
  batchRecords: number,
): Readonly<Record<string, Log>> {
  const player = new Player(script, batchRecords)
  return Object.fromEntries(sources.map(source => [source, new ScriptedLog(source, partitions, player)]))
}

/** Hands batches out in the order of the script, to whoever reads their source, as soon as it asks. */
class Player {
  readonly script: readonly Scripted[]
  readonly #batchRecords: number
  readonly #waiting = new Map<string, Waiting>()
  #at = 0

  constructor(script: readonly Scripted[], batchRecords: number) {
    this.script = script
    this.#batchRecords = batchRecords
  }

  next(source: string, options: LogReadOptions): Promise<IteratorResult<LogBatch, undefined>> {
    return new Promise(resolve => {
      this.#waiting.set(source, { options, resolve })
      setImmediate(() => this.#play())
    })
  }

  /** One batch at a time: two that are handed out at once may arrive in the other order. */
  #play(): void {
    for (;;) {
      const head = this.script[this.#at]
      if (head === undefined) return this.#end()
      const waiting = this.#waiting.get(head.source)
      if (waiting === undefined) return
      // Records below the position that is read from belong to history.
      if (head.offset >= (waiting.options.from.get(head.partition) as number)) {
        this.#deliver(waiting, head)
        setImmediate(() => this.#play())
        return
      }
      this.#at++
    }
  }

  #deliver(waiting: Waiting, { source, partition }: Scripted): void {
    const records: Scripted[] = []
    for (let next = this.script[this.#at]; isSame(next, source, partition); next = this.script[this.#at]) {
      if (records.length === this.#batchRecords) break
      records.push(next as Scripted)
      this.#at++
    }
    this.#waiting.delete(source)
    waiting.resolve({ done: false, value: batchOf(partition, records) })
  }

  #end(): void {
    for (const { resolve } of this.#waiting.values()) resolve({ done: true, value: undefined })
    this.#waiting.clear()
  }
}

class ScriptedLog implements Log {
  readonly #source: string
  readonly #partitions: number
  readonly #player: Player

  constructor(source: string, partitions: number, player: Player) {
    this.#source = source
    this.#partitions = partitions
    this.#player = player
  }

  async describe(): ReturnType<Log['describe']> {
    const partitions = Array.from({ length: this.#partitions }, (_, partition) => {
      const own = this.#player.script.filter(
        record => record.source === this.#source && record.partition === partition,
      )
      return { partition, earliest: 0, latest: own.reduce((end, { offset }) => Math.max(end, offset + 1), 0) }
    })
    return { name: `script:${this.#source}`, id: this.#source, partitions }
  }

  /** Its records have no times. */
  async offsetsAt(): ReturnType<Log['offsetsAt']> {
    return new Map((await this.describe()).partitions.map(({ partition, latest }) => [partition, latest]))
  }

  read(options: LogReadOptions): AsyncIterable<LogBatch> {
    const [source, player] = [this.#source, this.#player]
    return { [Symbol.asyncIterator]: () => ({ next: () => player.next(source, options) }) }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

function isSame(record: Scripted | undefined, source: string, partition: number): boolean {
  return record?.source === source && record.partition === partition
}

function batchOf(partition: number, records: readonly Scripted[]): LogBatch {
  const last = records.at(-1) as Scripted
  return {
    partition,
    next: last.offset + 1,
    records: records.map(({ offset, value }) => ({ offset, time: null, key: null, value, headers: null })),
  }
}
