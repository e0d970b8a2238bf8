/** Records of a log that can't be used: they stop the run, or are counted, or counted and kept (architecture.md section 7). */
import type { HeadwaterError } from '../errors.ts'
import type { LogRecord } from '../source/log.ts'
import type { Source } from '../source/source.ts'

/** A bad record with its place and what was wrong. */
export interface KeptBadRecord {
  /** `purchases partition 2 offset 17`. */
  readonly where: string
  readonly partition: number
  readonly offset: number
  readonly code: string
  readonly reason: string
  /** What the log gave, as JSON text. */
  readonly record: string
}

/** The bad records of one source. */
export class BadRecords {
  readonly #source: Source
  #kept: KeptBadRecord[] = []
  count = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** Counts, and keeps where the source says so; throws the error where it says stop. */
  refuse(record: LogRecord, partition: number, error: HeadwaterError): void {
    const { name, badRecords } = this.#source
    if (badRecords === 'stop') throw error
    this.count++
    if (badRecords === 'skip') return
    const { offset } = record
    const { code, message: reason } = error
    const where = `${name} partition ${partition} offset ${offset}`
    this.#kept.push({
      where,
      partition,
      offset,
      code,
      reason,
      record: JSON.stringify(record.value) ?? 'null',
    })
  }

  /** How many are kept and not taken yet. */
  get waiting(): number {
    return this.#kept.length
  }

  /** What was kept since the last call. */
  take(): readonly KeptBadRecord[] {
    const kept = this.#kept
    this.#kept = []
    return kept
  }
}
