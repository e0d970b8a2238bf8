/** From log records to the columns of an archive file. */
import { columnBuilder } from '../../codec/column-builder.ts'
import { jsonDecoder, jsonText } from '../../codec/json.ts'
import { badData, HeadwaterError } from '../../errors.ts'
import type { Column } from '../../record/column.ts'
import type { AnyRecord, Field } from '../../record/record.ts'
import type { LogRecord } from '../log.ts'
import { placeFields, type ArchiveFields } from './archive-fields.ts'

/** Rows become columns in groups of that many. */
const batchRows = 131_072

/** Collects the rows of one partition, and gives them as columns. */
export class ArchiveRows {
  /** All columns, in the order of the file. */
  readonly fields: readonly Field[]
  readonly #log: string
  readonly #partition: number
  readonly #decode: (value: unknown) => AnyRecord
  readonly #columns: readonly { readonly name: string; readonly builder: ReturnType<typeof columnBuilder> }[]
  readonly #place: readonly ReturnType<typeof columnBuilder>[]
  #batches: Column[][] = []
  #rows = 0
  #batchRows = 0

  constructor(log: string, partition: number, columns: ArchiveFields) {
    this.fields = [...columns.fields, ...placeFields]
    this.#log = log
    this.#partition = partition
    this.#decode = valueDecoder(columns)
    this.#columns = columns.fields.map(({ name, type }) => ({ name, builder: columnBuilder(type) }))
    this.#place = placeFields.map(({ type }) => columnBuilder(type))
  }

  get rows(): number {
    return this.#rows
  }

  /** Adds a record. Errors: `data` `record-does-not-fit`, with partition and offset. */
  append(record: LogRecord): void {
    const values = this.#decoded(record)
    for (const { name, builder } of this.#columns) builder.append(values[name])
    const [partition, offset, time, key] = this.#place
    partition!.append(this.#partition)
    offset!.append(record.offset)
    time!.append(record.time === null ? null : Math.floor(record.time))
    key!.append(keyText(record.key))
    this.#rows++
    if (++this.#batchRows === batchRows) this.#finishBatch()
  }

  /** All rows since the last call as batches of columns, in order; none when there are no rows. */
  take(): readonly (readonly Column[])[] {
    if (this.#batchRows > 0) this.#finishBatch()
    const batches = this.#batches
    this.#batches = []
    this.#rows = 0
    return batches
  }

  #finishBatch(): void {
    this.#batches.push(
      [...this.#columns.map(({ builder }) => builder), ...this.#place].map(builder => builder.finish()),
    )
    this.#batchRows = 0
  }

  #decoded({ offset, value }: LogRecord): AnyRecord {
    try {
      return this.#decode(value)
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error
      const { thing, expected, found, cause } = error
      throw badData({
        code: 'record-does-not-fit',
        thing: `${this.#log} partition ${this.#partition} offset ${offset}: ${thing}`,
        ...(expected !== undefined && { expected }),
        ...(found !== undefined && { found }),
        remedy: 'archive with fields that hold it: give them, or leave them out to have them found',
        cause: cause ?? error,
      })
    }
  }
}

/** Text keys as they are. */
function keyText(key: unknown): string | null {
  if (key === null || typeof key === 'string') return key
  return jsonText(key, 'key')
}

/** Decodes one value of the log; a tombstone is a row of nulls, which fits where every field is optional. */
function valueDecoder({ fields, jsonText: asText, closed }: ArchiveFields): (value: unknown) => AnyRecord {
  const decode = jsonDecoder(
    fields.filter(field => !asText.includes(field.name)),
    'record',
  )
  const known = new Set(fields.map(field => field.name))
  return value => {
    const given = value ?? {}
    const record = decode(given)
    if (closed) refuseOthers(given, known)
    return asText.length === 0 ? record : { ...record, ...textsOf(given as AnyRecord, asText) }
  }
}

function textsOf(value: AnyRecord, names: readonly string[]): AnyRecord {
  return Object.fromEntries(
    names.map(name => [name, textOf(Object.hasOwn(value, name) ? value[name] : null)]),
  )
}

function textOf(value: unknown): string | null {
  return value === null ? null : jsonText(value)
}

function refuseOthers(value: object, known: ReadonlySet<string>): void {
  for (const name in value) {
    if (known.has(name)) continue
    throw badData({
      code: 'unknown-field',
      thing: `record, field '${name}'`,
      expected: `only ${[...known].join(', ')}`,
    })
  }
}
