/** Appends to a file log. */
import { resolve } from 'node:path'
import { systemClock, type Clock } from '../../clock.ts'
import { invalid } from '../../errors.ts'
import type { Offset, PartitionPositions } from '../../record/position.ts'
import { readLogFile, type LogFile } from './log-file.ts'
import { keyOf, type NewLogRecord } from './new-record.ts'
import { PartitionWriter } from './partition-writer.ts'
import { partitionOfKey } from '../../codec/partition-of-key.ts'

/** How a writer of a file log behaves. */
export interface FileLogWriterOptions {
  /** The partitions to write; others may have a writer of their own. Default: all. */
  readonly partitions?: readonly number[]
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** The writer of a file log. What is appended is seen by readers at once, and durable after `sync`, `roll` or `close`. */
export interface FileLogWriter {
  readonly id: string
  /** How many partitions the log has. */
  readonly partitions: number
  /** By partition, the offset that the next record gets. */
  positions(): PartitionPositions
  /**
   * Appends to one partition, in order; returns the offset behind the last record. `unavailable` `append-failed` says
   * how many of them are in the log all the same.
   */
  append(partition: number, records: readonly NewLogRecord[]): Promise<Offset>
  /** Appends each record to its key's partition (Kafka's default partitioner); those without a key take turns. */
  appendByKey(records: readonly NewLogRecord[]): Promise<void>
  sync(): Promise<void>
  /** Begins new segments, so that all records so far can be trimmed. */
  roll(): Promise<void>
  /** Syncs, and lets go of the lock. */
  close(): Promise<void>
}

/** Opens the writer of the log in `dir`. Errors: `invalid` `no-such-log`, `no-such-partition`; `conflict` `log-locked`. */
export async function openFileLogWriter(
  dir: string,
  options: FileLogWriterOptions = {},
): Promise<FileLogWriter> {
  const log = await readLogFile(dir)
  const numbers = options.partitions ?? Array.from({ length: log.partitions }, (_, partition) => partition)
  const writers = new Map<number, PartitionWriter>()
  try {
    for (const partition of numbers) {
      checkPartition(dir, partition, log.partitions)
      writers.set(
        partition,
        await PartitionWriter.open(resolve(dir), partition, log, options.clock ?? systemClock),
      )
    }
  } catch (error) {
    await closeAll([...writers.values()])
    throw error
  }
  return new Writer(dir, log, writers)
}

class Writer implements FileLogWriter {
  readonly id: string
  readonly partitions: number
  readonly #dir: string
  readonly #log: LogFile
  readonly #writers: ReadonlyMap<number, PartitionWriter>
  /** Where the next record without a key goes. */
  #turn: number
  #last: Promise<unknown> = Promise.resolve()

  constructor(dir: string, log: LogFile, writers: ReadonlyMap<number, PartitionWriter>) {
    this.id = log.id
    this.partitions = log.partitions
    this.#dir = dir
    this.#log = log
    this.#writers = writers
    this.#turn = 0
  }

  positions(): PartitionPositions {
    return new Map([...this.#writers].map(([partition, writer]) => [partition, writer.next]))
  }

  append(partition: number, records: readonly NewLogRecord[]): Promise<Offset> {
    return this.#inTurn(() => this.#writer(partition).append(records))
  }

  appendByKey(records: readonly NewLogRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      const byPartition = new Map<number, NewLogRecord[]>()
      for (const record of records) {
        const partition = this.#partitionOf(record)
        const list = byPartition.get(partition)
        if (list) list.push(record)
        else byPartition.set(partition, [record])
      }
      const writers = [...byPartition].map(([partition, list]) => [this.#writer(partition), list] as const)
      for (const [writer, list] of writers) await writer.append(list)
    })
  }

  sync(): Promise<void> {
    return this.#forEach(writer => writer.sync())
  }

  roll(): Promise<void> {
    return this.#forEach(writer => writer.roll())
  }

  close(): Promise<void> {
    return this.#inTurn(() => closeAll([...this.#writers.values()]))
  }

  #partitionOf(record: NewLogRecord): number {
    const key = keyOf(record, this.#log.keyField)
    return key === null ? this.#turn++ % this.partitions : partitionOfKey(key, this.partitions)
  }

  #writer(partition: number): PartitionWriter {
    const writer = this.#writers.get(partition)
    if (writer) return writer
    checkPartition(this.#dir, partition, this.partitions)
    const open = [...this.#writers.keys()].join(', ')
    throw invalid({
      code: 'partition-not-open',
      thing: `file:${this.#dir} partition ${partition}`,
      expected: `one of the partitions that this writer was opened for: ${open}`,
    })
  }

  #forEach(action: (writer: PartitionWriter) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      for (const writer of this.#writers.values()) await action(writer)
    })
  }

  /** Calls wait for each other, so that records keep the order of the calls. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action)
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** Closes every one, then reports the first failure. */
async function closeAll(writers: readonly PartitionWriter[]): Promise<void> {
  const results = await Promise.allSettled(writers.map(writer => writer.close()))
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

function checkPartition(dir: string, partition: number, partitions: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return
  const expected = `a partition from 0 to ${partitions - 1}`
  throw invalid({ code: 'no-such-partition', thing: `file:${dir}`, expected, found: String(partition) })
}
