/**
 * The one file that knows apache-arrow: Arrow IPC bytes to Columns and back. Reading copies nothing where Arrow's layout
 * is Column's own; other layouts are converted without loss (arrow-conversions.ts).
 * Live point reads go by record-batch-layout.ts instead, which is faster for one block.
 *
 * Published source: the Arrow columnar format, "Serialization and Interprocess Communication (IPC)".
 */
import * as arrow from 'apache-arrow'
import { badData, HeadwaterError, internal, messageOf } from '../errors.ts'
import type { Column, ColumnBatch } from '../record/column.ts'
import { isDecimal, maxNesting, nestingOf } from '../record/type-check.ts'
import { isOptional, required, type PlainKind, type RequiredSpec, type TypeSpec } from '../record/type.ts'
import { bits, fixedSize, largeOffsets, plainOffsets, rangesOf, views, wide } from './arrow-buffers.ts'
import {
  dateReading,
  floatReading,
  intReading,
  timestampReading,
  timeUnits,
  type Reading,
} from './arrow-numbers.ts'
import { bitAt, sliceBits, trimBits } from './bitmap.ts'
import { ByteChunks } from './byte-chunks.ts'
import { expandDictionary, type DictionaryRows } from './dictionary.ts'
import type { ArrowBatches, ArrowFieldInfo, IpcBlock, IpcFileWriter, RowColumns, Metadata } from './ipc.ts'
import { layoutOf } from './layout.ts'
import { entriesColumn, rebased, usedChildren } from './nested-rows.ts'
import type { StoredField, StoredType } from './stored-field.ts'

/**
 * Reads an Arrow IPC stream as views over its bytes. Errors: `data`, code `corrupt-arrow` (no such bytes) or
 * `value-out-of-range` (a uint64 beyond 63 bits, text beyond 2 GiB).
 */
export function readIpcStream(bytes: Uint8Array, thing: string = 'Arrow stream'): ArrowBatches {
  return readIpc(bytes, thing, false)
}

/** Reads an Arrow IPC file by its footer; otherwise like `readIpcStream`. */
export function readIpcFile(bytes: Uint8Array, thing: string = 'Arrow file'): ArrowBatches {
  return readIpc(bytes, thing, true)
}

function readIpc(bytes: Uint8Array, thing: string, isFile: boolean): ArrowBatches {
  const expected = `an Arrow IPC ${isFile ? 'file' : 'stream'}`
  try {
    const reader = arrow.RecordBatchReader.from(bytes).open()
    if (reader.isFile() !== isFile) throw badData({ code: 'corrupt-arrow', thing, expected })
    const { fields, metadata } = reader.schema
    const readings = fields.map(field => readingOf(field.type as arrow.DataType))
    const batches = Array.from(reader, batch => columnsOf(batch, readings)).filter(batch => batch.length > 0)
    return { fields: fields.map((field, i) => infoOf(field, readings[i]!)), metadata, batches }
  } catch (error) {
    if (error instanceof HeadwaterError) throw error
    throw badData({ code: 'corrupt-arrow', thing, expected, found: messageOf(error), cause: error })
  }
}

function infoOf(field: arrow.Field, reading: Reading | null): ArrowFieldInfo {
  const { name, nullable } = field
  const type = reading === null ? null : typeOf(reading, nullable)
  return { name, type, nullable, arrowType: String(field.type) }
}

function typeOf({ spec }: Reading, nullable: boolean): TypeSpec {
  return nullable ? { kind: 'optional', of: spec } : spec
}

function columnsOf(batch: arrow.RecordBatch, readings: readonly (Reading | null)[]): ColumnBatch {
  const columns = new Map<string, Column>()
  if (batch.numRows === 0) return { length: 0, columns }
  for (const [i, field] of batch.schema.fields.entries()) {
    const reading = readings[i]
    if (reading) columns.set(field.name, columnOf(batch.data.children[i]!, reading, field.nullable))
  }
  return { length: batch.numRows, columns }
}

function columnOf(data: arrow.Data, reading: Reading, nullable: boolean): Column {
  const { length, offset } = data
  const type = typeOf(reading, nullable)
  const validity = data.nullCount === 0 ? null : sliceBits(data.nullBitmap, offset, offset + length)
  if (arrow.DataType.isDictionary(data.type))
    return dictionaryColumn(data, reading, { type, length, validity })
  const isRowPresent = (row: number): boolean => validity === null || bitAt(validity, row)
  return { type, length, validity, ...reading.buffers(data, isRowPresent) }
}

function dictionaryColumn(data: arrow.Data, reading: Reading, rows: DictionaryRows): Column {
  const chunks = data.dictionary!.data.filter(chunk => chunk.length > 0)
  const words = chunks.map(chunk => columnOf(chunk as arrow.Data, reading, true))
  return expandDictionary(words, Int32Array.from(data.values as Iterable<number | bigint>, Number), rows)
}

/** How an Arrow type is read; null for times of day, durations, intervals, unions, and what holds any of them. */
function readingOf(type: arrow.DataType): Reading | null {
  const { DataType } = arrow
  if (DataType.isDictionary(type)) return readingOf(type.dictionary as arrow.DataType)
  if (DataType.isBool(type)) return { spec: { kind: 'bool' }, buffers: bits }
  if (DataType.isInt(type)) return intReading(type)
  if (DataType.isFloat(type)) return floatReading(type)
  if (DataType.isTimestamp(type)) return timestampReading(type)
  if (DataType.isDate(type)) return dateReading(type)
  if (DataType.isUtf8(type)) return { spec: { kind: 'string' }, buffers: plainOffsets }
  if (DataType.isBinary(type)) return { spec: { kind: 'bytes' }, buffers: plainOffsets }
  if (DataType.isLargeUtf8(type)) return { spec: { kind: 'string' }, buffers: largeOffsets }
  if (DataType.isLargeBinary(type)) return { spec: { kind: 'bytes' }, buffers: largeOffsets }
  if (DataType.isUtf8View(type)) return { spec: { kind: 'string' }, buffers: views }
  if (DataType.isBinaryView(type)) return { spec: { kind: 'bytes' }, buffers: views }
  if (DataType.isFixedSizeBinary(type)) return { spec: { kind: 'bytes' }, buffers: fixedSize(type.byteWidth) }
  return nestedReading(type)
}

/** Elements and entries are called as Arrow's own libraries call them; readers go by their place. */
const itemName = 'item'
const mapNames = { entries: 'entries', key: 'key', value: 'value' }

/** How a nested type or a decimal is read; null where anything in it can't be. */
function nestedReading(type: arrow.DataType): Reading | null {
  const { DataType } = arrow
  if (DataType.isDecimal(type)) {
    const { precision, scale, bitWidth } = type
    if (bitWidth !== 128 || !isDecimal(precision, scale)) return null
    return { spec: { kind: 'decimal', precision, scale }, buffers: wide }
  }
  const isList = DataType.isList(type) || DataType.isLargeList(type)
  if (!isList && !DataType.isMap(type) && !DataType.isStruct(type)) return null
  const fields = DataType.isMap(type) ? type.children[0]!.type.children : type.children
  const readings = fields.map(({ type: inner }) => readingOf(inner as arrow.DataType))
  if (!readings.every(reading => reading !== null)) return null
  const types = readings.map((reading, i) => typeOf(reading, fields[i]!.nullable))
  const [key, value] = types
  const spec: RequiredSpec = isList
    ? { kind: 'list', of: key! }
    : DataType.isMap(type)
      ? { kind: 'map', key: required(key!), value: value! }
      : { kind: 'struct', fields: types.map((inner, i) => ({ name: fields[i]!.name, type: inner })) }
  if (nestingOf(spec) > maxNesting) return null
  const columns = (data: arrow.Data): Column[] =>
    readings.map((reading, i) => columnOf(data.children[i] as arrow.Data, reading, fields[i]!.nullable))
  const children = (data: arrow.Data): Column[] =>
    columns(DataType.isMap(type) ? (data.children[0] as arrow.Data) : data)
  return { spec, buffers: data => ({ ...rangesOf(data, spec.kind), children: children(data as arrow.Data) }) }
}

/** A writer for files of those fields; `metadata` goes to the schema. */
export function ipcFileWriter(fields: readonly StoredField[], metadata: Metadata = {}): IpcFileWriter {
  const schema = schemaOf(fields, metadata)
  const writer = new BytesWriter()
  writer.reset(undefined, schema)
  return {
    head: writer.take(),
    batch: columns => {
      writer.write(recordBatch(schema, columns))
      return { block: writer.lastBlock(), bytes: writer.take() }
    },
    finish: () => writer.finish().take(),
  }
}

/** Batches as one Arrow IPC stream, for decoders and encoders outside of JavaScript. */
export function toIpcStream(fields: readonly StoredField[], batches: readonly RowColumns[]): Uint8Array {
  const schema = schemaOf(fields, {})
  const writer = new arrow.RecordBatchStreamWriter()
  writer.reset(undefined, schema)
  for (const columns of batches) writer.write(recordBatch(schema, columns))
  return writer.finish().toUint8Array(true)
}

/** apache-arrow's file writer, giving its bytes as they come instead of through a queue. */
class BytesWriter extends arrow.RecordBatchFileWriter {
  readonly #chunks = new ByteChunks()

  lastBlock(): IpcBlock {
    const { offset, metaDataLength, bodyLength } = this._recordBatchBlocks.at(-1)!
    return { offset, metadataLength: metaDataLength, bodyLength }
  }

  take(): Uint8Array {
    return this.#chunks.take()
  }

  protected override _write(chunk: ArrayBufferView): this {
    this.#chunks.push(chunk)
    this._position += chunk.byteLength
    return this
  }

  /** Writes the schema message that the format asks for and apache-arrow leaves out: readers may go by it or the footer. */
  protected override _writeSchema(schema: arrow.Schema): this {
    super._writeSchema(schema)
    return arrow.RecordBatchWriter.prototype['_writeSchema'].call(this, schema) as this
  }
}

function schemaOf(fields: readonly StoredField[], metadata: Metadata): arrow.Schema {
  const arrowFields = fields.map(
    ({ name, type, nullable }) => new arrow.Field(name, arrowTypeOf(type), nullable),
  )
  return new arrow.Schema(arrowFields, new Map(Object.entries(metadata)))
}

/** Timestamps are instants, which Arrow calls a timestamp of the time zone UTC. */
function arrowTypeOf(type: StoredType): arrow.DataType {
  if (type.kind === 'uint16') return new arrow.Uint16()
  const spec = required(type)
  switch (spec.kind) {
    case 'timestamp':
      return new arrow.Timestamp(timeUnits.indexOf(spec.unit), 'UTC')
    case 'decimal':
      return new arrow.Decimal(spec.scale, spec.precision, 128)
    case 'list':
      return new arrow.List(arrowField(itemName, spec.of))
    case 'struct':
      return new arrow.Struct(spec.fields.map(({ name, type: inner }) => arrowField(name, inner)))
    case 'map': {
      const entry = [arrowField(mapNames.key, spec.key), arrowField(mapNames.value, spec.value)]
      return new arrow.Map_(new arrow.Field(mapNames.entries, new arrow.Struct(entry), false) as never, true)
    }
    default:
      return new arrowTypes[spec.kind]()
  }
}

function arrowField(name: string, type: TypeSpec): arrow.Field {
  return new arrow.Field(name, arrowTypeOf(type), isOptional(type))
}

const arrowTypes: Readonly<Record<PlainKind | 'enum', new () => arrow.DataType>> = {
  bool: arrow.Bool,
  int8: arrow.Int8,
  int16: arrow.Int16,
  int32: arrow.Int32,
  int64: arrow.Int64,
  safeInt64: arrow.Int64,
  float32: arrow.Float32,
  float64: arrow.Float64,
  string: arrow.Utf8,
  enum: arrow.Utf8,
  bytes: arrow.Binary,
  date: arrow.DateDay,
}

function recordBatch(schema: arrow.Schema, columns: RowColumns): arrow.RecordBatch {
  const length = columns[0]?.length ?? 0
  if (columns.length !== schema.fields.length || columns.some(column => column.length !== length)) {
    const expected = `${schema.fields.length} columns of equal length`
    const found = columns.map(column => column.length).join(', ') || 'none'
    throw internal({
      code: 'ragged-batch',
      thing: 'record batch',
      expected,
      found: `columns of ${found} rows`,
    })
  }
  const children = columns.map((column, i) => dataOf(column, schema.fields[i]!.type as arrow.DataType))
  const rows = new arrow.Data(new arrow.Struct(schema.fields), 0, length, 0, undefined, children)
  return new arrow.RecordBatch(schema, rows)
}

function dataOf(column: Column, arrowType: arrow.DataType): arrow.Data {
  const { length } = column
  const validity = column.validity === null ? undefined : trimBits(column.validity, length)
  const offsets = column.offsets ?? undefined
  if (column.children !== undefined) return nestedData(column, arrowType, validity)
  const buffers = [offsets, storedValues(column, arrowType), validity] as unknown as arrow.Data['buffers']
  return new arrow.Data(arrowType, 0, length, validity === undefined ? 0 : -1, buffers)
}

function nestedData(column: Column, arrowType: arrow.DataType, validity: Uint8Array | undefined): arrow.Data {
  const { length } = column
  const offsets = column.offsets === null ? undefined : rebased(column.offsets, length)
  const used = usedChildren(column)
  const childTypes = arrowType.children.map(({ type }) => type as arrow.DataType)
  const [entries] = childTypes
  const children = arrow.DataType.isMap(arrowType)
    ? [dataOf(entriesColumn(used), entries!)]
    : used.map((child, i) => dataOf(child, childTypes[i]!))
  const buffers = [offsets, undefined, validity] as unknown as arrow.Data['buffers']
  return new arrow.Data(arrowType, 0, length, validity === undefined ? 0 : -1, buffers, children)
}

function storedValues({ type, values, length }: Column, arrowType: arrow.DataType): unknown {
  if (arrowType instanceof arrow.Uint16 && !(values instanceof Uint16Array))
    return Uint16Array.from(values as Int32Array)
  const layout = layoutOf(type)
  // apache-arrow counts the words of a decimal by 32 bits.
  if (layout === 'int128') return new Uint32Array(values.buffer, values.byteOffset, length * 4)
  return layout === 'bits' ? trimBits(values as Uint8Array, length) : values
}
