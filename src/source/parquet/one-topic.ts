/** Positions are of one log: rows of two topics in one history would be taken for each other. */
import { valueReader } from '../../codec/column-reader.ts'
import { badData } from '../../errors.ts'
import { isPresent, type Column } from '../../record/column.ts'

/** What topic the rows so far are of. */
export class OneTopic {
  #name: string | null = null
  #bytes: Buffer | null = null

  /** Checks the topics of some rows; `place` names a row for messages. Errors: `data` `several-topics`. */
  check(column: Column, place: (row: number) => string): void {
    const offsets = column.offsets as Int32Array
    const values = column.values as Uint8Array
    for (let row = 0; row < column.length; row++) {
      if (!isPresent(column, row)) continue
      const bytes = values.subarray(offsets[row], offsets[row + 1])
      if (this.#bytes?.equals(bytes) === true) continue
      const name = valueReader(column)(row) as string
      if (this.#name !== null) throw severalTopics(place(row), this.#name, name)
      this.#name = name
      this.#bytes = Buffer.from(bytes)
    }
  }
}

function severalTopics(thing: string, one: string, other: string): Error {
  return badData({
    code: 'several-topics',
    thing,
    expected: `rows of topic ${one}, as those before`,
    found: `topic ${other}`,
    remedy:
      'write the rows of each topic to files of their own: a source has one log; a column that is no topic is left alone by partition=COLUMN,offset=COLUMN',
  })
}
