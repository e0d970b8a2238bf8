/**
 * Rows with a position that was there before. They are applied once; the same position with other content means that
 * the files do not come from one log. Content is compared in a second reading, which only histories with duplicates pay.
 */
import { jsonEncoder } from '../codec/json.ts'
import { badData } from '../errors.ts'
import { readableRecord } from './bad-rows.ts'
import type { SourceBatch } from './source-batch.ts'
import { whereRow } from './source-batch.ts'

/** The duplicates of one source's history. */
export class DuplicateRows {
  readonly #texts = new Map<string, Set<string>>()
  readonly #checked = new Set<string>()

  get found(): boolean {
    return this.#texts.size > 0
  }

  /** Remembers the content of a row whose position was there before. */
  add(batch: SourceBatch, row: number): void {
    const position = positionOf(batch, row)
    const texts = this.#texts.get(position) ?? new Set()
    texts.add(contentOf(batch, row))
    this.#texts.set(position, texts)
  }

  /** Second reading: compares the first row of each such position with the others. `data`, code `duplicate-differs`. */
  check(batch: SourceBatch): void {
    for (let row = 0; row < batch.length; row++) {
      const position = positionOf(batch, row)
      const texts = this.#texts.get(position)
      if (texts === undefined || this.#checked.has(position)) continue
      this.#checked.add(position)
      if (texts.size === 1 && texts.has(contentOf(batch, row))) continue
      throw badData({
        code: 'duplicate-differs',
        thing: `${whereRow(batch.origin, row)}: ${position}`,
        expected: 'equal rows for one log position',
        found: 'rows that differ',
        remedy: 'the files come from different logs, or one was altered: keep the right ones only',
      })
    }
  }
}

function positionOf({ partitions, offsets }: SourceBatch, row: number): string {
  return `partition ${partitions?.[row]} offset ${offsets?.[row]}`
}

function contentOf(batch: SourceBatch, row: number): string {
  return jsonEncoder(null)(readableRecord(batch, row))
}
