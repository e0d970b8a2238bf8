/**
 * One block of an Arrow IPC file as Columns, without apache-arrow: a live read pays for one block at a time, and that
 * library takes long to set up for one. The bytes may be damaged, so everything is checked before it is used.
 *
 * | bytes            | what                                                                    |
 * |------------------|-------------------------------------------------------------------------|
 * | 0–3              | FF FF FF FF                                                             |
 * | 4–7              | length of the metadata and its padding                                  |
 * | 8…               | metadata: FlatBuffers table Message{version, header, bodyLength}, header = RecordBatch{length, nodes, buffers, compression} |
 * | the rest         | body: the buffers that the metadata points to                           |
 *
 * A field has one node (rows, nulls) and its buffers in order: validity, [offsets], values.
 * Published source: the Arrow columnar format, "Encapsulated message format", and Arrow's Message.fbs.
 */
import { isUtf8 } from 'node:buffer'
import { badData } from '../errors.ts'
import type { Column, ColumnValues } from '../record/column.ts'
import { bitmapBytes, countBits } from './bitmap.ts'
import { FlatbufferTable } from './flatbuffer-table.ts'
import type { RowColumns } from './ipc.ts'
import { layoutOf, type Layout } from './layout.ts'
import { columnType, type StoredField } from './stored-field.ts'

/** Message: the header is a union of a kind (field 1) and a table (field 2). */
const message = { headerKind: 1, header: 2, bodyLength: 3, recordBatchKind: 3 }
const recordBatch = { length: 0, nodes: 1, buffers: 2, compression: 3 }

/** A node is a number of rows and of nulls, a buffer an offset and a length: two 64-bit numbers each. */
const structBytes = 16

/**
 * The columns of one block, in the order of the fields, as views over its bytes (a uint16 field's values stay a
 * Uint16Array). Errors name `thing`: `data`, code `corrupt-block`, whatever the bytes are.
 */
export function readRecordBatch(
  block: Uint8Array,
  fields: readonly StoredField[],
  thing: string,
): RowColumns {
  const reader = new BlockReader(block, thing)
  const columns = fields.map(field => reader.column(field))
  reader.end(fields.length)
  return columns
}

type CorruptBlock = (found: string) => Error

/** Goes through the nodes and buffers of a block, field by field. */
class BlockReader {
  readonly #body: Uint8Array
  readonly #batch: FlatbufferTable
  readonly #rows: number
  readonly #nodes: { readonly start: number; readonly length: number }
  readonly #buffers: { readonly start: number; readonly length: number }
  readonly #corrupt: CorruptBlock
  #node = 0
  #buffer = 0

  constructor(block: Uint8Array, thing: string) {
    this.#corrupt = found => corruptBlock(thing, found)
    const { metadata, body } = splitMessage(block, this.#corrupt)
    const root = FlatbufferTable.root(metadata, this.#corrupt)
    if (root.uint8(message.headerKind) !== message.recordBatchKind)
      throw this.#corrupt('another kind of message')
    if (root.count(message.bodyLength) !== body.length) throw this.#corrupt(`a body of ${body.length} bytes`)
    this.#body = body
    this.#batch = root.table(message.header)
    if (this.#batch.has(recordBatch.compression)) throw this.#corrupt('compressed buffers')
    this.#rows = this.#batch.count(recordBatch.length)
    if (this.#rows > 0x7fffffff) throw this.#corrupt(`${this.#rows} rows`)
    this.#nodes = this.#batch.structs(recordBatch.nodes, structBytes)
    this.#buffers = this.#batch.structs(recordBatch.buffers, structBytes)
  }

  /** The next field's column. */
  column(field: StoredField): Column {
    const type = columnType(field.type)
    const length = this.#rows
    const nulls = this.#nextNulls()
    if (nulls > 0 && !field.nullable) throw this.#corrupt(`nulls in field '${field.name}'`)
    const validity = this.#nextValidity(nulls)
    const layout = field.type.kind === 'uint16' ? 'uint16' : layoutOf(type)
    if (layout === 'text' || layout === 'bytes')
      return { type, length, validity, ...this.#nextVariable(layout) }
    return { type, length, validity, values: this.#nextFixed(layout), offsets: null }
  }

  /** Checks that nothing is left over: a block of other fields is not this one. */
  end(fields: number): void {
    if (this.#nodes.length !== fields)
      throw this.#corrupt(`${this.#nodes.length} fields instead of ${fields}`)
    if (this.#buffers.length !== this.#buffer) throw this.#corrupt(`${this.#buffers.length} buffers`)
  }

  #nextNulls(): number {
    if (this.#node === this.#nodes.length) throw this.#corrupt(`${this.#nodes.length} fields`)
    const at = this.#nodes.start + structBytes * this.#node++
    const rows = this.#batch.countAt(at)
    const nulls = this.#batch.countAt(at + 8)
    if (rows !== this.#rows || nulls > rows)
      throw this.#corrupt(`a field of ${rows} rows, ${nulls} of them null`)
    return nulls
  }

  #nextBuffer(): Uint8Array {
    if (this.#buffer === this.#buffers.length) throw this.#corrupt(`${this.#buffers.length} buffers`)
    const at = this.#buffers.start + structBytes * this.#buffer++
    const start = this.#batch.countAt(at)
    const end = start + this.#batch.countAt(at + 8)
    if (end > this.#body.length) throw this.#corrupt(`a buffer up to byte ${end} of ${this.#body.length}`)
    return this.#body.subarray(start, end)
  }

  #nextValidity(nulls: number): Uint8Array | null {
    const buffer = this.#nextBuffer()
    if (nulls === 0) return null
    const bits = this.#atLeast(buffer, bitmapBytes(this.#rows))
    if (countBits(bits, this.#rows) !== this.#rows - nulls) throw this.#corrupt('a wrong count of nulls')
    return bits
  }

  #nextFixed(layout: FixedLayout): ColumnValues {
    const buffer = this.#nextBuffer()
    if (layout === 'bits') return this.#atLeast(buffer, bitmapBytes(this.#rows))
    const array = arrays[layout]
    return typed(array, this.#atLeast(buffer, this.#rows * array.BYTES_PER_ELEMENT))
  }

  #nextVariable(layout: 'text' | 'bytes'): { values: Uint8Array; offsets: Int32Array } {
    const buffer = this.#nextBuffer()
    const values = this.#nextBuffer()
    // Arrow allows no offsets at all where there are no rows.
    if (this.#rows === 0) return { values, offsets: new Int32Array(1) }
    const offsets = typed(Int32Array, this.#atLeast(buffer, 4 * (this.#rows + 1))) as Int32Array
    const found = wrongOffsets(offsets, values) ?? (layout === 'text' ? wrongText(offsets, values) : null)
    if (found !== null) throw this.#corrupt(found)
    return { values, offsets }
  }

  /** The first `bytes` of a buffer; what comes after pads it. */
  #atLeast(buffer: Uint8Array, bytes: number): Uint8Array {
    if (buffer.length < bytes) throw this.#corrupt(`a buffer of ${buffer.length} bytes instead of ${bytes}`)
    return buffer.subarray(0, bytes)
  }
}

type FixedLayout = Exclude<Layout, 'text' | 'bytes'> | 'uint16'

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ColumnValues
}

const arrays: Readonly<Record<Exclude<FixedLayout, 'bits'>, ArrayType>> = {
  uint16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
}

/** A view of the bytes, or a copy where they don't lie on a multiple of the width. */
function typed(array: ArrayType, bytes: Uint8Array): ColumnValues {
  const width = array.BYTES_PER_ELEMENT
  const { buffer, byteOffset, length } = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
  return new array(buffer, byteOffset, length / width)
}

function splitMessage(block: Uint8Array, corrupt: CorruptBlock): { metadata: DataView; body: Uint8Array } {
  if (block.length < 8) throw corrupt(`${block.length} bytes`)
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const metadataBytes = view.getInt32(4, true)
  const bodyStart = 8 + metadataBytes
  const isMessage = view.getInt32(0, true) === -1 && metadataBytes >= 0 && bodyStart <= block.length
  if (!isMessage) throw corrupt('no message')
  const metadata = new DataView(block.buffer, block.byteOffset + 8, metadataBytes)
  return { metadata, body: block.subarray(bodyStart) }
}

function wrongOffsets(offsets: Int32Array, values: Uint8Array): string | null {
  let last = 0
  for (const offset of offsets) {
    if (offset < last) return 'offsets that are not ascending'
    last = offset
  }
  return last > values.length ? 'offsets beyond the values' : null
}

/** Text is UTF-8 as a whole, and no text begins inside a character. */
function wrongText(offsets: Int32Array, values: Uint8Array): string | null {
  const start = offsets[0]!
  const end = offsets.at(-1)!
  if (!isUtf8(values.subarray(start, end))) return 'text that is not UTF-8'
  for (const offset of offsets) {
    if (offset < end && (values[offset]! & 0xc0) === 0x80) return 'text that begins inside a character'
  }
  return null
}

function corruptBlock(thing: string, found: string): Error {
  const remedy = 'the file is damaged or of another format: restore it from a copy'
  return badData({
    code: 'corrupt-block',
    thing,
    expected: 'an Arrow record batch of the given fields',
    found,
    remedy,
  })
}
