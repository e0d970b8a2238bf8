/** From log records to the columns of an archive file. */
import { columnBuilder } from '../../codec/column-builder.ts'
import { jsonDecoder, jsonText } from '../../codec/json.ts'
import { badData, HeadwaterError } from '../../errors.ts'
import type { Column } from '../../record/column.ts'
import type { AnyRecord, Field } from '../../record/record.ts'
import { required, type TypeSpec } from '../../record/type.ts'
import type { LogRecord } from '../log.ts'
import { archivedUndecodable, Undecodable } from '../undecodable.ts'
import { headersField, placeFields, rawField, type ArchiveFields } from './archive-fields.ts'

/** Rows become columns in groups of that many. */
const batchRows = 131_072

/** Collects the rows of one partition, and gives them as columns. */
export class ArchiveRows {
  readonly #ownFields: readonly Field[]
  /** Whether a value that is no record of the fields is kept as it is, and one that has more fields. */
  readonly #keepsRaw: boolean
  readonly #keepsUnknown: boolean
  readonly #log: string
  readonly #partition: number
  readonly #decode: (value: object) => AnyRecord
  readonly #columns: readonly { readonly name: string; readonly builder: ReturnType<typeof columnBuilder> }[]
  readonly #place: readonly ReturnType<typeof columnBuilder>[]
  readonly #headers = columnBuilder(headersField.type)
  #hasHeaders = false
  readonly #raw = columnBuilder(rawField.type)
  #hasRaw = false
  #batches: Column[][] = []
  #rows = 0
  #rawRows = 0
  #batchRows = 0
  #batchesBytes = 0

  /** `keepsAll`: nothing is refused; what the columns can't hold whole is kept as it is. */
  constructor(log: string, partition: number, columns: ArchiveFields, keepsAll: boolean = false) {
    this.#ownFields = [...columns.fields, ...placeFields]
    this.#keepsRaw = keepsAll || columns.found !== true
    this.#keepsUnknown = keepsAll
    this.#log = log
    this.#partition = partition
    this.#decode = valueDecoder(columns)
    this.#columns = columns.fields.map(({ name, type }) => ({ name, builder: columnBuilder(optional(type)) }))
    this.#place = placeFields.map(({ type }) => columnBuilder(type))
  }

  /** All columns of what `take` gives, in the order of the file. */
  get fields(): readonly Field[] {
    const withHeaders = this.#hasHeaders ? [...this.#ownFields, headersField] : this.#ownFields
    if (!this.#hasRaw) return withHeaders
    return [...withHeaders.map(({ name, type }) => ({ name, type: optional(type) })), rawField]
  }

  get rows(): number {
    return this.#rows
  }

  /** Of them, those whose value is kept as it is. */
  get rawRows(): number {
    return this.#rawRows
  }

  /** Of the columns, in memory. */
  get bytes(): number {
    return this.#batchesBytes + this.#builders().reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  /**
   * Adds a record; a value that is no record of the fields (a tombstone, a wrong type, a missing field) is kept as its
   * JSON text. Errors: `data` `record-does-not-fit`, with partition and offset.
   */
  append(record: LogRecord): void {
    const values = this.#decoded(record)
    for (const { name, builder } of this.#columns) builder.append(values === null ? null : values[name])
    this.#raw.append(values === null ? rawText(record.value) : null)
    this.#hasRaw ||= values === null
    if (values === null) this.#rawRows++
    const [partition, offset, time, key] = this.#place
    partition!.append(this.#partition)
    offset!.append(record.offset)
    time!.append(record.time === null ? null : Math.floor(record.time))
    key!.append(keyText(record.key))
    this.#headers.append(record.headers === null ? null : JSON.stringify(record.headers))
    this.#hasHeaders ||= record.headers !== null
    this.#rows++
    if (++this.#batchRows === batchRows) this.#finishBatch()
  }

  /** All rows since the last call as batches of columns, in order; none when there are no rows. */
  take(): readonly (readonly Column[])[] {
    if (this.#batchRows > 0) this.#finishBatch()
    const types = this.fields.map(({ type }) => type)
    const unused = this.#hasHeaders ? -1 : this.#ownFields.length
    const batches = this.#batches.map(columns => {
      const used = columns.filter((_, i) => i !== unused)
      return types.map((type, i) => ({ ...(used[i] as Column), type }))
    })
    this.#batches = []
    this.#batchesBytes = 0
    this.#rows = 0
    this.#rawRows = 0
    this.#hasHeaders = false
    this.#hasRaw = false
    return batches
  }

  #finishBatch(): void {
    this.#batchesBytes = this.bytes
    this.#batches.push(this.#builders().map(builder => builder.finish()))
    this.#batchRows = 0
  }

  #builders(): readonly ReturnType<typeof columnBuilder>[] {
    return [...this.#columns.map(({ builder }) => builder), ...this.#place, this.#headers, this.#raw]
  }

  /** null where the value is kept as it is. */
  #decoded({ offset, value }: LogRecord): AnyRecord | null {
    if (!isObject(value) || value instanceof Undecodable) return null
    try {
      return this.#decode(value)
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error
      if (this.#keepsRaw && (this.#keepsUnknown || error.code !== 'unknown-field')) return null
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

function optional(type: TypeSpec): TypeSpec {
  return { kind: 'optional', of: required(type) }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Half a surrogate pair has no UTF-8, but JSON has an escape for it. */
function rawText(value: unknown): string {
  if (value instanceof Undecodable) return archivedUndecodable(value)
  try {
    return jsonText(value)
  } catch {
    return JSON.stringify(value)
  }
}

/** Text keys as they are. */
function keyText(key: unknown): string | null {
  if (key === null || typeof key === 'string') return key
  if (key instanceof Undecodable) return archivedUndecodable(key)
  return jsonText(key, 'key')
}

function valueDecoder({ fields, jsonText: asText, closed }: ArchiveFields): (value: object) => AnyRecord {
  const decode = jsonDecoder(
    fields.filter(field => !asText.includes(field.name)),
    'record',
  )
  const known = new Set(fields.map(field => field.name))
  return value => {
    const record = decode(value)
    if (closed) refuseOthers(value, known)
    return asText.length === 0 ? record : { ...record, ...textsOf(value as AnyRecord, asText) }
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
