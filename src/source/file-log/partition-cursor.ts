/**
 * One reader's place in one partition. It holds one segment open, reads it chunk by chunk and steps to the next segment
 * when the writer has made one. It keeps no torn bytes: they may be cut off and written anew (I1 in file-log.ts), so the
 * chunk after a torn line starts again at that line.
 */
import { badData, unavailable, type HeadwaterError } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { LogBatch, LogRecord } from '../log.ts'
import { fileFacts, readInto, type OpenFile } from './file-bytes.ts'
import { locate, type LineStart } from './locate.ts'
import { openSegment } from './partition-ends.ts'
import { badRecord, linesText, newline, parseRecord } from './record-line.ts'
import { listSegments, partitionFolder, type Segment } from './segment.ts'

const chunkBytes = 512 * 1024
const maxLineBytes = 256 * 1024 * 1024

interface OpenSegment extends Segment, OpenFile {}

/** What a cursor reads. */
export interface CursorRange {
  readonly dir: string
  /** The log's name, for messages. */
  readonly name: string
  readonly partition: number
  readonly from: Offset
  /** Exclusive; Infinity to go on for ever. */
  readonly until: Offset
}

/** Reads one partition in order. */
export class PartitionCursor {
  readonly folder: string
  readonly #range: CursorRange
  readonly #segmentChanged: () => Promise<void>
  /** The first record not yet handed out; records below it are skipped. */
  #next: Offset
  #segment: OpenSegment | null = null
  /** The line to be read next in the open segment. */
  #line: LineStart
  #buffer: Buffer = Buffer.allocUnsafe(chunkBytes)
  #ready: readonly LogRecord[] = []

  /** `segmentChanged` is awaited after each segment was opened: the place to see that the log is still the same. */
  constructor(range: CursorRange, segmentChanged: () => Promise<void>) {
    this.folder = partitionFolder(range.dir, range.partition)
    this.#range = range
    this.#segmentChanged = segmentChanged
    this.#next = range.from
    this.#line = { at: 0, offset: range.from }
  }

  /** Whether everything below `until` was handed out. */
  get done(): boolean {
    return this.#next >= this.#range.until
  }

  /** At most `max` further records; null when there are none just now. */
  async take(max: number): Promise<LogBatch | null> {
    while (this.#ready.length === 0) {
      if (!(await this.#readChunk()) && !(await this.#nextSegment())) return null
    }
    const records = this.#ready.length <= max ? this.#ready : this.#ready.slice(0, max)
    this.#ready = this.#ready.slice(records.length)
    this.#next = records[records.length - 1]!.offset + 1
    return { partition: this.#range.partition, records, next: this.#next }
  }

  async close(): Promise<void> {
    await this.#segment?.handle.close()
    this.#segment = null
  }

  /** Parses the complete lines of the next chunk; false when there is no complete line. */
  async #readChunk(): Promise<boolean> {
    const segment = (this.#segment ??= await this.#openAtStart())
    const bytes = this.#buffer.subarray(0, await readInto(segment, this.#buffer, this.#line.at))
    const end = bytes.lastIndexOf(newline) + 1
    if (end === 0) return bytes.length === this.#buffer.length && this.#growBuffer(segment)
    const { at, offset } = this.#line
    const nextOffset = this.#parse(linesText(bytes.subarray(0, end), segment, offset), segment, offset)
    this.#line = { at: at + end, offset: nextOffset }
    return true
  }

  /** Parses lines from record `first` on; returns the offset behind them. Stops at `until`, when nothing more is read. */
  #parse(text: string, segment: Segment, first: Offset): Offset {
    const records: LogRecord[] = []
    let offset = first
    for (let start = 0; start < text.length; offset++) {
      const end = text.indexOf('\n', start)
      if (offset >= this.#range.until) break
      if (offset >= this.#next) records.push(parseRecord(text.slice(start, end), segment, offset))
      start = end + 1
    }
    this.#ready = records
    return offset
  }

  #growBuffer(segment: Segment): true {
    if (this.#buffer.length < maxLineBytes) {
      this.#buffer = Buffer.allocUnsafe(this.#buffer.length * 4)
      return true
    }
    const thing = `${segment.path} line ${this.#line.offset - segment.first + 1}`
    throw badData({ code: 'line-too-long', thing, expected: `at most ${maxLineBytes} bytes` })
  }

  async #openAtStart(): Promise<OpenSegment> {
    for (;;) {
      const segments = await listSegments(this.folder)
      const holder = segments.findLast(segment => segment.first <= this.#next)
      if (!holder) throw this.#gap(segments[0].first)
      const file = await openSegment(holder.path)
      if (!file) continue // trimmed since it was listed
      await this.#segmentChanged()
      this.#line = await locate(file, holder.first, this.#next)
      return { ...holder, ...file }
    }
  }

  /**
   * Steps to the segment behind the open one; false when there is none yet. Only called when the open one had no
   * complete line left. A segment that appeared meanwhile makes the open one complete (I2): it is read once more.
   */
  async #nextSegment(): Promise<boolean> {
    const open = this.#segment!
    const following = (await listSegments(this.folder)).find(segment => segment.first > open.first)
    if (!following) return this.#stillWhole(open)
    if (await this.#readChunk()) return true
    this.#checkFollows(following)
    const file = await openSegment(following.path)
    if (!file) return true // trimmed since it was listed: look again
    await open.handle.close()
    this.#segment = { ...following, ...file }
    this.#line = { at: 0, offset: following.first }
    await this.#segmentChanged()
    return true
  }

  /** A segment begins where the one before it ends (I2), unless those between were trimmed while nobody needed them. */
  #checkFollows({ first, path }: Segment): void {
    const { offset } = this.#line
    if (first < offset) throw badRecord({ path, first }, first, `a segment before it that ends at ${offset}`)
    if (first > Math.max(offset, this.#next)) throw this.#gap(first)
  }

  /** The newest segment is never deleted or shortened while somebody waits for more of it (I1, I3). */
  async #stillWhole(open: OpenSegment): Promise<false> {
    const { bytes, names } = await fileFacts(open)
    if (names > 0 && bytes >= this.#line.at) return false
    const found = names === 0 ? 'it was deleted while being read' : `${bytes} bytes: it lost records`
    const expected = `at least ${this.#line.at} bytes, up to record ${this.#line.offset}`
    throw unavailable({
      code: 'segment-lost',
      thing: open.path,
      expected,
      found,
      remedy: 'restore the segment',
    })
  }

  #gap(earliest: Offset): HeadwaterError {
    const { name, partition } = this.#range
    const missing = Math.max(this.#next, this.#line.offset)
    return badData({
      code: 'gap',
      thing: `${name} partition ${partition}`,
      expected: `records from ${missing}`,
      found: `earliest ${earliest}: the records [${missing}, ${earliest}) are gone`,
      remedy: 'take them from an archive, or start at a later position',
    })
  }
}
