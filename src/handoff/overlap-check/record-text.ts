/** Records of history and log in one form, to be compared: the JSON text of the declared fields, and a hash of it. */
import { createHash } from 'node:crypto'
import { valueReader } from '../../codec/column-reader.ts'
import { jsonDecoder, jsonEncoder } from '../../codec/json.ts'
import { HeadwaterError } from '../../errors.ts'
import { fieldsOf, type AnyRecord } from '../../record/record.ts'
import { isOptional } from '../../record/type.ts'
import type { HistoryBatch } from '../../source/history.ts'
import type { LogRecord } from '../../source/log.ts'
import type { Source } from '../../source/source.ts'
import { Undecodable } from '../../source/undecodable.ts'

/** A record that is none of the schema, in history or log: such records are equal to each other, and to no other. */
export const notARecord = null

/** Reads records of one source. */
export class RecordTexts {
  readonly #names: readonly string[]
  readonly #required: readonly string[]
  readonly #encode: (record: AnyRecord) => string
  readonly #decode: (value: unknown) => AnyRecord

  constructor({ schema }: Source) {
    const fields = fieldsOf(schema)
    this.#names = fields.map(({ name }) => name)
    this.#required = fields.filter(({ type }) => !isOptional(type)).map(({ name }) => name)
    this.#encode = jsonEncoder(fields)
    this.#decode = jsonDecoder(fields, 'value')
  }

  /** The record that a log's value is; null when it is none. */
  ofLog({ value }: LogRecord): AnyRecord | null {
    if (value instanceof Undecodable) return notARecord
    try {
      return this.#decode(value)
    } catch (error) {
      if (error instanceof HeadwaterError && error.kind === 'data') return notARecord
      throw error
    }
  }

  /** A reader of a batch's rows. */
  ofHistory({ batch, misfits }: HistoryBatch): (row: number) => AnyRecord | null {
    const readers = this.#names.map(name => [name, valueReader(batch.columns.get(name)!)] as const)
    return row => {
      if (misfits?.has(row) === true) return notARecord
      const record = Object.fromEntries(readers.map(([name, read]) => [name, read(row)]))
      return this.#required.some(name => record[name] === null) ? notARecord : record
    }
  }

  text(record: AnyRecord | null): string | null {
    return record === null ? null : this.#encode(record)
  }
}

/** The first 64 bits of a text's sha-256 as two unsigned numbers, never both 0. */
export function hashOf(text: string | null): readonly [low: number, high: number] {
  const digest = createHash('sha256')
    .update(text ?? '\u0000')
    .digest()
  const [low, high] = [digest.readUInt32LE(0), digest.readUInt32LE(4)]
  return low === 0 && high === 0 ? [1, 0] : [low, high]
}
