/**
 * The file log: a folder that is a log. The embedded default, and the reference implementation of the log contract.
 *
 * | path                            | what                                                                     |
 * |---------------------------------|--------------------------------------------------------------------------|
 * | `log.json`                      | format, id, partitions, creation time, schema, key field, segment size   |
 * | `p0/`, `p1/` …                  | one folder a partition                                                   |
 * | `p0/00000000000000000000.ndjson`| a segment, named by its first offset (20 digits); one record a line      |
 * | `p0/writer.*.lock`              | a claim of the one writer that a partition may have                      |
 *
 * A line is `{"offset":0,"time":1700000000000,"key":"ann","value":{…},"headers":null}`; offsets count up by one, so
 * line N of a segment is its first offset + N − 1.
 *
 * Who owns what: the writer appends to the newest segment and makes the next one; trimming deletes whole old segments;
 * readers own nothing and change nothing.
 * I1. Bytes up to the last newline never change. What follows it is a torn line: no reader sees it, the next writer cuts it off.
 * I2. A segment is complete and synced before the next one exists, and the next one's name is its end.
 * I3. The newest segment is never deleted: it holds the next offset.
 * I4. A log made again in the same folder has another id; a reader keeps to the id that it saw first (L7).
 */
import { resolve } from 'node:path'
import { systemClock, type Clock } from '../../clock.ts'
import { badData, hasCode, unavailable } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import type { PartitionPositions } from '../../record/position.ts'
import type { Log, LogBatch, LogDescription, LogReadOptions } from '../log.ts'
import { checkInstant } from '../log-bound.ts'
import { readLogFile, type LogFile } from './log-file.ts'
import { offsetAt } from './offset-at.ts'
import { partitionEnds } from './partition-ends.ts'
import { readPartitions } from './read-partitions.ts'

/** How a reader of a file log behaves. */
export interface FileLogOptions {
  /** Default: the machine's. */
  readonly clock?: Clock
  /** How long a waiting reader relies on the file system's notices before it looks by itself. Default 1000. */
  readonly pollMs?: number
}

/** A reader of a file log; several may read at once, while one writer appends. */
export interface FileLog extends Log {
  readonly dir: string
  /** The schema that the log was made with; null when it has none. */
  fields(): Promise<readonly Field[] | null>
}

/**
 * A reader of the file log in `dir`; nothing is opened before it is used.
 * Errors: `invalid` `no-such-log`; `data` `gap`, `bad-record`, `log-recreated`, `segment-lost`; `unavailable` `io`.
 */
export function fileLog(dir: string, options: FileLogOptions = {}): FileLog {
  return new FileLogReader(dir, options)
}

class FileLogReader implements FileLog {
  readonly dir: string
  readonly #name: string
  readonly #clock: Clock
  readonly #pollMs: number
  readonly #closed = new AbortController()
  #id: string | null = null

  constructor(dir: string, options: FileLogOptions) {
    this.dir = resolve(dir)
    this.#name = `file:${dir}`
    this.#clock = options.clock ?? systemClock
    this.#pollMs = options.pollMs ?? 1000
  }

  async describe(): Promise<LogDescription> {
    const { id, partitions } = await this.#logFile()
    const numbers = Array.from({ length: partitions }, (_, partition) => partition)
    const ends = await Promise.all(numbers.map(partition => partitionEnds(this.dir, partition)))
    return { name: this.#name, id, partitions: ends }
  }

  /** Reads each partition from its beginning to there: segments carry no index of times, and times are in any order. */
  async offsetsAt(timeMs: number): Promise<PartitionPositions> {
    checkInstant(this.#name, timeMs)
    const { partitions } = await this.#logFile()
    const offsets = new Map<number, number>()
    for (let partition = 0; partition < partitions; partition++) {
      const place = { dir: this.dir, name: this.#name, partition }
      offsets.set(partition, await offsetAt(place, timeMs, async () => void (await this.#logFile())))
    }
    return offsets
  }

  async fields(): Promise<readonly Field[] | null> {
    return (await this.#logFile()).schema
  }

  async *read(options: LogReadOptions): AsyncIterable<LogBatch> {
    const { partitions } = await this.#logFile()
    const signals = [this.#closed.signal, ...(options.signal ? [options.signal] : [])]
    yield* readPartitions({
      ...options,
      dir: this.dir,
      name: this.#name,
      partitions,
      signal: AbortSignal.any(signals),
      clock: this.#clock,
      pollMs: this.#pollMs,
      checkIdentity: async () => void (await this.#logFile()),
    })
  }

  /** Ends every read. */
  async close(): Promise<void> {
    this.#closed.abort()
  }

  /** The log's own file, held against the id seen first (I4). */
  async #logFile(): Promise<LogFile> {
    const file = await readLogFile(this.dir).catch((error: unknown) => {
      if (this.#id === null || !hasCode(error, 'no-such-log')) throw error
      throw unavailable({
        code: 'log-vanished',
        thing: this.#name,
        expected: `log ${this.#id}`,
        found: 'no log.json',
      })
    })
    this.#id ??= file.id
    if (file.id === this.#id) return file
    throw badData({
      code: 'log-recreated',
      thing: this.#name,
      expected: `log ${this.#id}`,
      found: `log ${file.id}: it was deleted and made again`,
      remedy: 'positions of the old log mean nothing in the new one: start from a new history',
    })
  }
}
