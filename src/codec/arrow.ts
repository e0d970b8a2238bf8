/**
 * The one file that knows apache-arrow: Arrow IPC bytes to Columns and back. Reading copies nothing where Arrow's layout
 * is Column's own; other layouts are converted without loss (arrow-conversions.ts), nested and decimal ones left out.
 * Live point reads go by record-batch-layout.ts instead, which is faster for one block.
 *
 * Published source: the Arrow columnar format, "Serialization and Interprocess Communication (IPC)".
 */
import * as arrow from 'apache-arrow'
import { badData, HeadwaterError, internal, messageOf } from '../errors.ts'
import type { Column, ColumnBatch, ColumnValues } from '../record/column.ts'
import { required, type PlainKind, type RequiredSpec, type TypeSpec } from '../record/type.ts'
import * as convert from './arrow-conversions.ts'
import { bitAt, sliceBits, trimBits } from './bitmap.ts'
import { ByteChunks } from './byte-chunks.ts'
import { expandDictionary, type DictionaryRows } from './dictionary.ts'
import type { ArrowBatches, ArrowFieldInfo, IpcBlock, IpcFileWriter, RowColumns, Metadata } from './ipc.ts'
import { layoutOf } from './layout.ts'
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

/** How columns of one Arrow type are read. */
interface Reading {
  readonly spec: RequiredSpec
  buffers(data: arrow.Data, isPresent: (row: number) => boolean): Buffers
}

interface Buffers {
  readonly values: ColumnValues
  readonly offsets: Int32Array | null
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

/** How an Arrow type is read; null for nested types, decimals, times of day, durations and intervals. */
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
  return null
}

function intReading(type: arrow.Int): Reading {
  if (type.isSigned) return { spec: { kind: `int${type.bitWidth}` }, buffers: same }
  switch (type.bitWidth) {
    case 8:
      return fixed({ kind: 'int16' }, data => Int16Array.from(rowsOf<Uint8Array>(data)))
    case 16:
      return fixed({ kind: 'int32' }, data => Int32Array.from(rowsOf<Uint16Array>(data)))
    case 32:
      return fixed({ kind: 'int64' }, data => convert.fromUint32(rowsOf(data)))
    case 64:
      return fixed({ kind: 'int64' }, (data, present) => convert.fromUint64(rowsOf(data), present))
  }
}

function floatReading(type: arrow.Float): Reading {
  if (type.precision === arrow.Precision.DOUBLE) return { spec: { kind: 'float64' }, buffers: same }
  if (type.precision === arrow.Precision.SINGLE) return { spec: { kind: 'float32' }, buffers: same }
  return fixed({ kind: 'float32' }, data => convert.fromFloat16(rowsOf(data)))
}

/** In the order of Arrow's own numbers for them. */
const timeUnits = ['s', 'ms', 'us', 'ns'] as const

function timestampReading(type: arrow.Timestamp): Reading {
  const unit = timeUnits[type.unit]
  if (unit === 's') return fixed({ kind: 'timestamp', unit: 'ms' }, data => convert.fromSeconds(rowsOf(data)))
  return { spec: { kind: 'timestamp', unit }, buffers: same }
}

function dateReading(type: arrow.Date_): Reading {
  if (type.unit === arrow.DateUnit.DAY) return { spec: { kind: 'date' }, buffers: same }
  return fixed({ kind: 'date' }, (data, present) => convert.fromDateMs(rowsOf(data), present))
}

function fixed(
  spec: RequiredSpec,
  values: (...rows: Parameters<Reading['buffers']>) => ColumnValues,
): Reading {
  return { spec, buffers: (...rows) => ({ values: values(...rows), offsets: null }) }
}

/** The values of the rows, without what pads the buffer. */
function rowsOf<A extends ColumnValues | Uint32Array | BigUint64Array>(data: arrow.Data): A {
  return (data.values as A).subarray(0, data.length) as A
}

const same = (data: arrow.Data): Buffers => ({ values: rowsOf(data), offsets: null })

const bits = ({ values, offset, length }: arrow.Data): Buffers => {
  return { values: sliceBits(values as Uint8Array, offset, offset + length), offsets: null }
}

const plainOffsets = (data: arrow.Data): Buffers => withOffsets(data, offsetsOf(data))

const largeOffsets = (data: arrow.Data): Buffers =>
  withOffsets(data, convert.fromLargeOffsets(offsetsOf(data)))

function withOffsets(data: arrow.Data, offsets: Int32Array): Buffers {
  return { values: data.values as Uint8Array, offsets }
}

function offsetsOf<A extends Int32Array | BigInt64Array>(data: arrow.Data): A {
  return (data.valueOffsets as A).subarray(0, data.length + 1) as A
}

const fixedSize =
  (width: number) =>
  ({ values, length }: arrow.Data): Buffers =>
    convert.fromFixedSize(values as Uint8Array, width, length)

const views = ({ values, variadicBuffers, length }: arrow.Data): Buffers =>
  convert.fromViews(values as Uint8Array, variadicBuffers, length)

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
  if (spec.kind === 'timestamp') return new arrow.Timestamp(timeUnits.indexOf(spec.unit), 'UTC')
  return new arrowTypes[spec.kind]()
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
  const { length, offsets } = column
  const validity = column.validity === null ? undefined : trimBits(column.validity, length)
  const buffers = [
    offsets ?? undefined,
    storedValues(column, arrowType),
    validity,
  ] as unknown as arrow.Data['buffers']
  return new arrow.Data(arrowType, 0, length, validity === undefined ? 0 : -1, buffers)
}

function storedValues({ type, values, length }: Column, arrowType: arrow.DataType): ColumnValues {
  if (arrowType instanceof arrow.Uint16 && !(values instanceof Uint16Array))
    return Uint16Array.from(values as Int32Array)
  return layoutOf(type) === 'bits' ? trimBits(values as Uint8Array, length) : values
}
