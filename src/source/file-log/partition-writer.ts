/**
 * The one writer of a partition. It owns the newest segment (I1, I2 in file-log.ts). Lines that were written whole are in
 * the log, whatever becomes of the call: when a write fails half-way (a full disk), only the torn line is cut off, and
 * the error says how many records are in.
 */
import { open, type FileHandle } from 'node:fs/promises'
import type { Clock } from '../../clock.ts'
import { messageOf, unavailable } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { LogFile } from './log-file.ts'
import { ioFault } from './io-fault.ts'
import { lineOf, type NewLogRecord } from './new-record.ts'
import { segmentEnd } from './partition-ends.ts'
import { newline } from './record-line.ts'
import { listSegments, partitionFolder, segmentPath, type Segment } from './segment.ts'
import { syncFolder } from './sync-folder.ts'
import { lockPartition, type WriterLock } from './writer-lock.ts'

const writeBytes = 1024 * 1024

interface NewestSegment extends Segment {
  readonly handle: FileHandle
}

/** Appends to one partition. Calls must not overlap: `FileLogWriter` lets them wait for each other. */
export class PartitionWriter {
  readonly #folder: string
  readonly #log: LogFile
  readonly #clock: Clock
  readonly #lock: WriterLock
  #segment: NewestSegment
  #bytes: number
  #next: Offset
  #unsynced = false
  #broken: unknown = null

  private constructor(folder: string, log: LogFile, clock: Clock, lock: WriterLock, start: WriterStart) {
    this.#folder = folder
    this.#log = log
    this.#clock = clock
    this.#lock = lock
    this.#segment = start.segment
    this.#bytes = start.bytes
    this.#next = start.next
  }

  /** Locks the partition and cuts off a torn line. Errors: `conflict` `log-locked`, `data` `bad-record`, `unavailable` `io`. */
  static async open(dir: string, partition: number, log: LogFile, clock: Clock): Promise<PartitionWriter> {
    const folder = partitionFolder(dir, partition)
    const lock = await lockPartition(folder, clock)
    try {
      return new PartitionWriter(folder, log, clock, lock, await openNewest(folder))
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  /** The offset that the next record gets. */
  get next(): Offset {
    return this.#next
  }

  /** Appends in order; returns the offset behind the last one. */
  async append(records: readonly NewLogRecord[]): Promise<Offset> {
    this.#checkUsable()
    const nowMs = this.#clock.now()
    const before = this.#next
    for (let at = 0; at < records.length;) {
      if (this.#bytes >= this.#log.segmentBytes) await this.roll()
      const room = Math.min(writeBytes, this.#log.segmentBytes - this.#bytes)
      let text = ''
      const first = at
      for (; at < records.length && text.length < room; at++) {
        text += lineOf(records[at]!, this.#next + at - first, this.#log.keyField, nowMs)
      }
      await this.#write(Buffer.from(text), at - first).catch((error: unknown) => {
        throw this.#appendFailed(error, this.#next - before, records.length)
      })
    }
    return this.#next
  }

  /** Makes all that was appended durable. */
  async sync(): Promise<void> {
    this.#checkUsable()
    if (!this.#unsynced) return
    try {
      await this.#segment.handle.sync()
      this.#unsynced = false
    } catch (error) {
      this.#broken = error // after a failed sync nobody knows what is on the disk
      throw ioFault(error, this.#segment.path)
    }
  }

  /** Begins a new segment, so that the old one may be trimmed; does nothing when the newest is empty. */
  async roll(): Promise<void> {
    this.#checkUsable()
    if (this.#bytes === 0) return
    await this.sync()
    const path = segmentPath(this.#folder, this.#next)
    try {
      const handle = await open(path, 'wx+')
      await syncFolder(this.#folder)
      await this.#segment.handle.close()
      this.#segment = { first: this.#next, path, handle }
      this.#bytes = 0
    } catch (error) {
      this.#broken = error
      throw ioFault(error, path)
    }
  }

  async close(): Promise<void> {
    try {
      if (this.#broken === null) await this.sync()
    } finally {
      await this.#segment.handle.close()
      await this.#lock.release()
    }
  }

  async #write(bytes: Buffer, lines: number): Promise<void> {
    let written = 0
    this.#unsynced = true
    try {
      while (written < bytes.length) {
        const rest = bytes.length - written
        written += (await this.#segment.handle.write(bytes, written, rest, this.#bytes + written))
          .bytesWritten
      }
    } catch (error) {
      await this.#keepWholeLines(bytes, written)
      throw error
    }
    this.#bytes += bytes.length
    this.#next += lines
  }

  /** Readers may have seen the whole lines: they stay. */
  async #keepWholeLines(bytes: Buffer, written: number): Promise<void> {
    const whole = written === 0 ? 0 : bytes.lastIndexOf(newline, written - 1) + 1
    for (let end = bytes.indexOf(newline); end >= 0 && end < whole; end = bytes.indexOf(newline, end + 1))
      this.#next++
    this.#bytes += whole
    try {
      await this.#segment.handle.truncate(this.#bytes)
    } catch (error) {
      this.#broken = error
    }
  }

  #appendFailed(error: unknown, done: number, asked: number): Error {
    const { thing, remedy = '' } = ioFault(error, this.#segment.path)
    const found = `${messageOf(error)}; the first ${done} of ${asked} records are in the log`
    return unavailable({
      code: 'append-failed',
      thing,
      expected: `${asked} records`,
      found,
      remedy,
      cause: error,
    })
  }

  #checkUsable(): void {
    if (this.#broken === null) return
    const remedy = 'close it and open it again: it then reads what is really there'
    throw unavailable({
      code: 'writer-broken',
      thing: this.#segment.path,
      found: messageOf(this.#broken),
      remedy,
    })
  }
}

interface WriterStart {
  readonly segment: NewestSegment
  readonly bytes: number
  readonly next: Offset
}

async function openNewest(folder: string): Promise<WriterStart> {
  const segments = await listSegments(folder)
  const { first, path } = segments.at(-1) ?? segments[0]
  const handle = await open(path, 'r+').catch((error: unknown) => {
    throw ioFault(error, path)
  })
  try {
    const { bytes, next, tornBytes } = await segmentEnd({ path, handle }, first)
    if (tornBytes > 0) await handle.truncate(bytes)
    return { segment: { first, path, handle }, bytes, next }
  } catch (error) {
    await handle.close()
    throw error
  }
}
