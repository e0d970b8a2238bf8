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
 * A field has one node (rows, nulls) and its buffers in order: validity, [offsets], values. A nested one has no values,
 * but its children's nodes and buffers behind its own; a map has one child, a struct of key and value.
 * Published source: the Arrow columnar format, "Encapsulated message format", and Arrow's Message.fbs.
 */
import { isUtf8 } from 'node:buffer'
import { badData } from '../errors.ts'
import type { Column, ColumnValues } from '../record/column.ts'
import type { Field } from '../record/record.ts'
import { required, type NestedSpec, type TypeSpec } from '../record/type.ts'
import { bitmapBytes, countBits } from './bitmap.ts'
import { FlatbufferTable } from './flatbuffer-table.ts'
import type { RowColumns } from './ipc.ts'
import { layoutOf, type Layout, type NestedLayout } from './layout.ts'
import { hasAscendingKeys } from './map-order.ts'
import { columnType, storedField, type StoredField } from './stored-field.ts'

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
  reader.end()
  return columns
}

type CorruptBlock = (found: string) => Error

/** Goes through the nodes and buffers of a block, field by field. */
class BlockReader {
  readonly #body: Uint8Array
  readonly #batch: FlatbufferTable
  readonly #batchRows: number
  /** Of the column that is being read. */
  #rows = 0
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
    this.#batchRows = this.#batch.count(recordBatch.length)
    if (this.#batchRows > 0x7fffffff) throw this.#corrupt(`${this.#batchRows} rows`)
    this.#nodes = this.#batch.structs(recordBatch.nodes, structBytes)
    this.#buffers = this.#batch.structs(recordBatch.buffers, structBytes)
  }

  /** The next field's column. */
  column(field: StoredField): Column {
    const type = columnType(field.type)
    const { length, nulls } = this.#nextNode()
    if (length !== this.#batchRows) throw this.#corrupt(`a field of ${length} rows`)
    return this.#columnOf(field, type, length, nulls)
  }

  /** Checks that nothing is left over: a block of other fields is not this one. */
  end(): void {
    if (this.#nodes.length !== this.#node)
      throw this.#corrupt(`${this.#nodes.length} fields instead of ${this.#node}`)
    if (this.#buffers.length !== this.#buffer) throw this.#corrupt(`${this.#buffers.length} buffers`)
  }

  #columnOf(field: StoredField, type: TypeSpec, length: number, nulls: number): Column {
    this.#rows = length
    if (nulls > 0 && !field.nullable) throw this.#corrupt(`nulls in field '${field.name}'`)
    const validity = this.#nextValidity(nulls)
    const layout = field.type.kind === 'uint16' ? 'uint16' : layoutOf(type)
    switch (layout) {
      case 'text':
      case 'bytes':
        return { type, length, validity, ...this.#nextVariable(layout) }
      case 'struct':
      case 'list':
      case 'map':
        return { type, length, validity, values: noValues, ...this.#nextNested(required(type) as NestedSpec) }
      default:
        return { type, length, validity, values: this.#nextFixed(layout), offsets: null }
    }
  }

  /** Offsets and children; children have as many rows as their own node says, and lists use no more. */
  #nextNested(spec: NestedSpec): Pick<Column, 'offsets' | 'children'> {
    const length = this.#rows
    const offsets = spec.kind === 'struct' ? null : this.#nextOffsets()
    if (spec.kind === 'map') this.#nextEntries(offsets!)
    const fields = spec.kind === 'struct' ? spec.fields : rangeFields(spec)
    const children = fields.map(({ name, type }) => {
      const { length: rows, nulls } = this.#nextNode()
      if (spec.kind === 'struct' && rows !== length)
        throw this.#corrupt(`a field of ${rows} rows in ${length}`)
      if (offsets !== null && offsets[length]! > rows) throw this.#corrupt('offsets beyond the elements')
      return this.#columnOf(storedField(name, type), type, rows, nulls)
    })
    const [keys, values] = children
    if (spec.kind === 'map') this.#checkKeys(keys!, values!, offsets!)
    return { offsets, children }
  }

  /** The struct of a map's entries, which has a validity buffer of its own and no nulls. */
  #nextEntries(offsets: Int32Array): void {
    const { length, nulls } = this.#nextNode()
    if (nulls > 0 || offsets.at(-1)! > length)
      throw this.#corrupt(`a map of ${length} entries, ${nulls} null`)
    this.#nextBuffer()
  }

  #checkKeys(keys: Column, values: Column, offsets: Int32Array): void {
    if (keys.length !== values.length) throw this.#corrupt('a map with more keys than values, or fewer')
    if (!hasAscendingKeys(keys, offsets)) throw this.#corrupt('a map whose keys do not ascend')
  }

  #nextOffsets(): Int32Array {
    const buffer = this.#nextBuffer()
    if (this.#rows === 0) return new Int32Array(1)
    const offsets = typed(Int32Array, this.#atLeast(buffer, 4 * (this.#rows + 1))) as Int32Array
    if (isDescending(offsets)) throw this.#corrupt('offsets that are not ascending')
    return offsets
  }

  #nextNode(): { readonly length: number; readonly nulls: number } {
    if (this.#node === this.#nodes.length) throw this.#corrupt(`${this.#nodes.length} fields`)
    const at = this.#nodes.start + structBytes * this.#node++
    const length = this.#batch.countAt(at)
    const nulls = this.#batch.countAt(at + 8)
    if (nulls > length || length > 0x7fffffff)
      throw this.#corrupt(`a field of ${length} rows, ${nulls} of them null`)
    return { length, nulls }
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
    if (layout === 'int128') return typed(BigInt64Array, this.#atLeast(buffer, this.#rows * 16))
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

const noValues = new Uint8Array(0)

/** What lists and maps hold, as the fields of a struct. */
function rangeFields(spec: Exclude<NestedSpec, { kind: 'struct' }>): readonly Field[] {
  if (spec.kind === 'list') return [{ name: 'item', type: spec.of }]
  return [
    { name: 'key', type: spec.key },
    { name: 'value', type: spec.value },
  ]
}

type FixedLayout = Exclude<Layout, 'text' | 'bytes' | NestedLayout> | 'uint16'

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ColumnValues
}

const arrays: Readonly<Record<Exclude<FixedLayout, 'bits' | 'int128'>, ArrayType>> = {
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
  const { buffer, byteOffset, length } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
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
  if (isDescending(offsets)) return 'offsets that are not ascending'
  return offsets.at(-1)! > values.length ? 'offsets beyond the values' : null
}

function isDescending(offsets: Int32Array): boolean {
  let last = 0
  for (const offset of offsets) {
    if (offset < last) return true
    last = offset
  }
  return false
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
