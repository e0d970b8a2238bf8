/** One block's bytes → entries, as views over them: the way of live reads, without apache-arrow. */
import { bitAt } from '../codec/bitmap.ts'
import { readRecordBatch } from '../codec/record-batch-layout.ts'
import type { StoredField } from '../codec/stored-field.ts'
import { badData } from '../errors.ts'
import { isPresent, type Column } from '../record/column.ts'
import { entryType } from '../state/state.ts'
import { rowsOf, type RowShape } from './entry-rows.ts'
import { segmentFields, segmentShape, type LayerPlace } from './segment-columns.ts'
import type { EntryRows, StateTable } from './savepoint.ts'

/** Whether the column is null exactly where the bits are 1. */
function isNullWhere(column: Column, bits: Uint8Array): boolean {
  for (let row = 0; row < column.length; row++) if (isPresent(column, row) === bitAt(bits, row)) return false
  return true
}

/** Whether the bits are 1 wherever the column is null. */
function isNullWithin(column: Column, bits: Uint8Array): boolean {
  for (let row = 0; row < column.length; row++) if (!isPresent(column, row) && !bitAt(bits, row)) return false
  return true
}

function wrongIndex(thing: string): Error {
  const expected = 'an index, or the key of an entry, in every row but tombstones'
  const remedy = 'restore the savepoint from a copy, or use another'
  return badData({ code: 'corrupt-block', thing, expected, found: 'other rows', remedy })
}

/** Decodes blocks of one state's layer. */
export class BlockDecoder {
  readonly #fields: readonly StoredField[]
  readonly #shape: RowShape
  readonly #table: StateTable

  constructor(table: StateTable, layer: LayerPlace) {
    this.#fields = segmentFields(table, layer)
    this.#shape = segmentShape(table, layer)
    this.#table = table
  }

  /** The entries of a block. Errors name `thing`: `data`, code `corrupt-block`, whatever the bytes are. */
  decode(block: Uint8Array, thing: string): EntryRows {
    const columns = readRecordBatch(block, this.#fields, thing)
    const rows = rowsOf(this.#shape, columns)
    if (rows.index !== null && rows.deleted !== null) {
      const index = columns[1 + this.#shape.keyFields]!
      if (!isNullWhere(index, rows.deleted)) throw wrongIndex(thing)
    }
    if (rows.mapKey && rows.deleted !== null && !isNullWithin(rows.mapKey, rows.deleted))
      throw wrongIndex(thing)
    return { ...rows, value: { ...rows.value, type: entryType(this.#table.state) } }
  }
}
