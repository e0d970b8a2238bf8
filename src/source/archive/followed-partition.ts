/** What a following archiver has read of one partition and not written yet. */
import type { Offset } from '../../record/position.ts'
import type { LogBatch } from '../log.ts'
import { ArchiveRows } from './archive-rows.ts'
import { writeArchived, writeLost, type ArchivedFile, type ArchiveFolder } from './archived-file.ts'
import type { LostRange } from './lost-range.ts'

/** Where a partition begins to be followed. */
export interface FollowedStart {
  readonly partition: number
  /** Where its archive begins. */
  readonly start: Offset
  /** Up to where it is archived. */
  readonly first: Offset
}

/** One partition: [first, next) is read and not written. */
export class FollowedPartition {
  readonly partition: number
  readonly start: Offset
  readonly #folder: ArchiveFolder
  readonly #logId: string
  readonly #rows: ArchiveRows
  #first: Offset
  #next: Offset
  /** When the first of what is not written came, on a monotonic clock; null when everything is written. */
  #sinceMs: number | null = null
  /** While records are taken in or written, and for ever after that failed: rows and range are not the same any more. */
  #isBroken = false

  constructor({ partition, start, first }: FollowedStart, folder: ArchiveFolder, logId: string) {
    this.partition = partition
    this.start = start
    this.#folder = folder
    this.#logId = logId
    this.#rows = new ArchiveRows(folder.log, partition, folder.columns, true)
    this.#first = first
    this.#next = first
  }

  /** Up to where it is archived: what may be trimmed. */
  get first(): Offset {
    return this.#first
  }

  /** Whether something was read that can be written. */
  get isWaiting(): boolean {
    return this.#first < this.#next && !this.#isBroken
  }

  /** Up to where it was read. */
  get next(): Offset {
    return this.#next
  }

  get rows(): number {
    return this.#rows.rows
  }

  get bytes(): number {
    return this.#rows.bytes
  }

  /** When it must be written, if a file is written `everyMs` after its first record came. */
  dueMs(everyMs: number): number {
    return this.#sinceMs === null ? Infinity : this.#sinceMs + everyMs
  }

  /** Takes a batch in; gives the files that were full. */
  async take({ records, next }: LogBatch, maxRows: number, nowMs: number): Promise<readonly ArchivedFile[]> {
    const files: ArchivedFile[] = []
    this.#isBroken = true
    for (const record of records) {
      this.#rows.append(record)
      if (this.#rows.rows < maxRows) continue
      this.#next = record.offset + 1
      files.push(await this.write())
      this.#isBroken = true
    }
    this.#isBroken = false
    this.#next = next
    if (this.#first < next) this.#sinceMs ??= nowMs
    return files
  }

  /** Writes what was read; one without records, too. */
  async write(): Promise<ArchivedFile> {
    const { partition, start } = this
    const coverage = { logId: this.#logId, partition, first: this.#first, next: this.#next, start }
    this.#isBroken = true
    const file = await writeArchived(this.#folder, coverage, this.#rows)
    this.#isBroken = false
    this.#first = this.#next
    this.#sinceMs = null
    return file
  }

  /** Goes on at `to`, behind records that are gone; everything before them must be written. */
  async skip(to: Offset, atMs: number): Promise<LostRange> {
    const lost = { partition: this.partition, from: this.#first, to, atMs }
    await writeLost(this.#folder, lost, { logId: this.#logId, start: this.start })
    this.#first = to
    this.#next = to
    return lost
  }
}
