/** The loop of a following archiver (follow.ts): reads, writes what is due, and looks what became of the log. */
import type { Clock } from '../../clock.ts'
import { hasCode, HeadwaterError } from '../../errors.ts'
import type { Offset } from '../../record/position.ts'
import type { Log, LogBatch, LogDescription } from '../log.ts'
import type { ArchiveRange, OnArchiveGap } from './archive-range.ts'
import type { ArchivedFile, ArchiveFolder } from './archived-file.ts'
import type { ArchiverLock } from './archiver-lock.ts'
import type { FollowProgress, FollowReport } from './follow.ts'
import { FollowedPartition } from './followed-partition.ts'
import { archiveGap, type LostRange } from './lost-range.ts'

/** What it works with. */
export interface FollowerParts {
  readonly log: Log
  readonly logId: string
  readonly folder: ArchiveFolder
  readonly lock: ArchiverLock
  readonly onGap: OnArchiveGap
  readonly rollRecords: number
  readonly rollBytes: number
  readonly rollEveryMs: number
  readonly lookEveryMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onFile?: (file: ArchivedFile) => void | Promise<void>
  readonly onProgress?: (progress: FollowProgress) => void
  readonly onWarning?: (text: string) => void
}

/** What came: of the log, of a look at it, or only time. */
type Event =
  | { readonly kind: 'batch'; readonly batch: LogBatch }
  | { readonly kind: 'look'; readonly log: LogDescription }
  | { readonly kind: 'end' | 'time' }
  | { readonly kind: 'failure'; readonly error: unknown }

const filesInMemory = 4

/** Follows the partitions of one log. */
export class Follower {
  readonly #parts: FollowerParts
  readonly #partitions = new Map<number, FollowedPartition>()
  readonly #lost: LostRange[] = []
  #files = 0
  #rows = 0
  #raw = 0
  /** By partition, the end when it was last asked for. */
  #ends: ReadonlyMap<number, Offset> = new Map()
  #lookedMs: number
  #looking: Promise<Event> | null = null
  /** What a look found, until it is taken: batches that come meanwhile do not push it out. */
  #found: Event | null = null
  #sleep = new AbortController()

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#lookedMs = parts.clock.monotonicMs()
    parts.signal.addEventListener('abort', () => this.#sleep.abort(), { once: true })
  }

  /** Until the signal aborts, when everything that was read is written. */
  async run(
    ranges: readonly ArchiveRange[],
  ): Promise<Pick<FollowReport, 'files' | 'rows' | 'raw' | 'next' | 'lost'>> {
    this.#ends = new Map(ranges.map(({ partition, end }) => [partition, end]))
    for (const range of ranges) await this.#begin(range)
    try {
      while (!this.#parts.signal.aborted) await this.#readOn()
    } catch (error) {
      await this.#writeAll(() => undefined) // what is told is what came first (F4)
      throw error
    }
    await this.#writeAll()
    this.#tell()
    return { files: this.#files, rows: this.#rows, raw: this.#raw, next: this.#next(), lost: this.#lost }
  }

  async #begin({ partition, start, first, known, lostFrom }: ArchiveRange): Promise<void> {
    const { folder, logId } = this.#parts
    const at = { partition, start, first: lostFrom ?? first }
    const followed = new FollowedPartition(at, folder, logId)
    if (!known) await this.#written(await followed.write())
    this.#partitions.set(partition, followed)
    if (lostFrom !== null) await this.#skip(followed, first)
  }

  /** Reads until the partitions are others, the signal aborts, or the log has let go what comes next. */
  async #readOn(): Promise<void> {
    const { log, signal, onWarning } = this.#parts
    const ended = new AbortController()
    const from = new Map([...this.#partitions].map(([partition, { next }]) => [partition, next]))
    const options = { from, signal: AbortSignal.any([signal, ended.signal]), ...(onWarning && { onWarning }) }
    const reading = log.read(options)[Symbol.asyncIterator]()
    let pending: Promise<Event> | null = null
    try {
      while (!signal.aborted) {
        pending ??= nextOf(reading)
        const event = await this.#first(pending)
        if (event.kind === 'batch' || event.kind === 'end') pending = null
        if (event.kind === 'end') return
        if (event.kind === 'failure') return await this.#failed(event.error)
        if (event.kind === 'batch') await this.#take(event.batch)
        await this.#writeDue()
        if (event.kind === 'look' && (await this.#grown(event.log))) return
      }
    } finally {
      ended.abort()
      await pending
      await reading.return?.()
    }
  }

  /** The first that comes: a batch, what a look found, or the time at which something is due. */
  async #first(pending: Promise<Event>): Promise<Event> {
    const { clock, rollEveryMs, lookEveryMs, signal } = this.#parts
    const now = clock.monotonicMs()
    const lookMs = this.#lookedMs + lookEveryMs
    if (this.#looking === null && now >= lookMs) this.#looking = this.#look()
    const due = [...this.#partitions.values()].map(each => each.dueMs(rollEveryMs))
    const untilMs = Math.min(this.#looking === null ? lookMs : now + lookEveryMs, ...due)
    this.#sleep = new AbortController()
    if (signal.aborted) this.#sleep.abort()
    const sleep = clock.sleep(Math.max(0, untilMs - now), this.#sleep.signal)
    const time = sleep.then((): Event => ({ kind: 'time' }))
    if (this.#found === null) await Promise.race([pending, ...(this.#looking ? [this.#looking] : []), time])
    const event = this.#found ?? (await Promise.race([pending, time]))
    this.#found = null
    this.#sleep.abort()
    return event
  }

  /** What the log says of itself now; that it can't be asked is told, and reading decides whether it is final. */
  async #look(): Promise<Event> {
    const { log, clock, onWarning } = this.#parts
    const found = await log.describe().then(
      (description): Event => ({ kind: 'look', log: description }),
      (error: unknown): Event => {
        if (!(error instanceof HeadwaterError) || error.kind !== 'unavailable')
          return { kind: 'failure', error }
        onWarning?.(`${error.message}; trying again`)
        return { kind: 'time' }
      },
    )
    this.#lookedMs = clock.monotonicMs()
    this.#looking = null
    return (this.#found = found)
  }

  async #take(batch: LogBatch): Promise<void> {
    const { clock, rollRecords, rollBytes } = this.#parts
    const followed = this.#partitions.get(batch.partition) as FollowedPartition
    for (const file of await followed.take(batch, rollRecords, clock.monotonicMs())) await this.#written(file)
    if (followed.bytes >= rollBytes) await this.#write(followed)
    const all = [...this.#partitions.values()]
    if (all.reduce((sum, { bytes }) => sum + bytes, 0) >= filesInMemory * rollBytes) {
      await this.#write(all.reduce((most, each) => (each.bytes > most.bytes ? each : most)))
    }
    this.#tell()
  }

  async #writeDue(): Promise<void> {
    const { clock, rollEveryMs, lock } = this.#parts
    await lock.stay()
    const now = clock.monotonicMs()
    for (const each of this.#partitions.values()) if (each.dueMs(rollEveryMs) <= now) await this.#write(each)
  }

  async #writeAll(onError?: () => undefined): Promise<void> {
    const waiting = [...this.#partitions.values()].filter(({ isWaiting }) => isWaiting)
    for (const each of waiting) await this.#write(each).catch(onError)
  }

  async #write(followed: FollowedPartition): Promise<void> {
    await this.#written(await followed.write())
  }

  async #written(file: ArchivedFile): Promise<void> {
    this.#files++
    this.#rows += file.rows
    this.#raw += file.raw
    await this.#parts.onFile?.(file)
    this.#tell()
  }

  /** Takes new partitions in, from their first record on; whether there are any. */
  async #grown({ partitions }: LogDescription): Promise<boolean> {
    this.#ends = new Map(partitions.map(({ partition, latest }) => [partition, latest]))
    this.#tell()
    const found = partitions.filter(({ partition }) => !this.#partitions.has(partition))
    for (const { partition } of found) {
      await this.#begin({ partition, start: 0, first: 0, end: 0, known: false, lostFrom: null })
    }
    return found.length > 0
  }

  /** What the log has let go is named, or left out as that was accepted; anything else ends it. */
  async #failed(error: unknown): Promise<void> {
    const { log, folder, onGap, signal } = this.#parts
    if (!hasCode(error, 'gap')) throw error
    const { partitions } = await log.describe()
    let isKnown = false
    for (const { partition, earliest } of partitions) {
      const followed = this.#partitions.get(partition)
      if (followed === undefined || followed.next >= earliest || signal.aborted) continue
      isKnown = true
      if (followed.isWaiting) await this.#write(followed)
      if (onGap === 'fail') throw archiveGap(folder.log, partition, followed.next, earliest)
      await this.#skip(followed, earliest)
    }
    if (!isKnown && !signal.aborted) throw error
  }

  async #skip(followed: FollowedPartition, to: Offset): Promise<void> {
    const { clock, folder, onWarning } = this.#parts
    const lost = await followed.skip(to, clock.now())
    this.#lost.push(lost)
    const range = `[${lost.from}, ${lost.to})`
    onWarning?.(
      `${folder.log} partition ${lost.partition}: the records ${range} are gone and not archived (--on-gap earliest)`,
    )
  }

  #next(): ReadonlyMap<number, Offset> {
    return new Map([...this.#partitions].map(([partition, { first }]) => [partition, first]))
  }

  #tell(): void {
    const all = [...this.#partitions.values()]
    const behind = all.map(({ partition, next }) => Math.max(0, (this.#ends.get(partition) ?? 0) - next))
    this.#parts.onProgress?.({
      records: this.#rows,
      files: this.#files,
      waiting: all.reduce((sum, { rows }) => sum + rows, 0),
      behind: behind.reduce((sum, count) => sum + count, 0),
      next: this.#next(),
    })
  }
}

/** Never rejects: what goes wrong waits like a batch. */
function nextOf(reading: AsyncIterator<LogBatch>): Promise<Event> {
  return reading.next().then(
    (result): Event => (result.done === true ? { kind: 'end' } : { kind: 'batch', batch: result.value }),
    (error: unknown): Event => ({ kind: 'failure', error }),
  )
}
