/**
 * Columns as canonical byte streams, each into a hash of its own, so that the digest does not depend on how rows are
 * cut into blocks. All numbers little-endian.
 *
 * | stream            | bytes a row                                                                               |
 * |-------------------|-------------------------------------------------------------------------------------------|
 * | presence          | optional types only, first: 1 where there is a value, else 0, and then zero or no bytes below |
 * | fixed width       | the value in its own width; bool as one byte; NaN with its one pattern, −0 with its sign  |
 * | text, bytes       | two streams: the length in 4 bytes; the bytes                                             |
 * | decimal           | the whole number of its digits in 16 bytes, two's complement                              |
 * | struct            | the streams of its fields; where it is absent they are absent too                         |
 * | list, map         | the number of elements in 4 bytes; then the streams over all elements: keys, values of a map |
 * | key field, not text | its canonical bytes: 8, timestamps in ms as µs                                          |
 */
import { createHash, type Hash } from 'node:crypto'
import { bitAt, bitmapBytes, setBit } from '../codec/bitmap.ts'
import { slice } from '../codec/gather.ts'
import { layoutOf, wordsOf } from '../codec/layout.ts'
import { isPresent, type Column, type ColumnValues } from '../record/column.ts'
import { wholeNumberScale } from '../record/key-field.ts'
import { isOptional, required, type RequiredSpec, type TypeSpec } from '../record/type.ts'

/** Hashes the rows of one column as they come. */
export interface ColumnStreams {
  /** Takes the rows [start, end). */
  add(column: Column, start: number, end: number): void
  /** The hashes of the streams in their order, one after another. Ends it. */
  digest(): Buffer
}

/** The streams of a value column. */
export function valueStreams(type: TypeSpec): ColumnStreams {
  const values = presentStreams(required(type))
  return isOptional(type) ? new OptionalStreams(values) : values
}

function presentStreams(spec: RequiredSpec): ColumnStreams {
  switch (spec.kind) {
    case 'struct':
      return new StructStreams(spec.fields.map(field => valueStreams(field.type)))
    case 'list':
      return new RangeStreams([valueStreams(spec.of)])
    case 'map':
      return new RangeStreams([valueStreams(spec.key), valueStreams(spec.value)])
    case 'decimal':
      return new FixedStream(canonicalDecimals)
    default: {
      const layout = layoutOf(spec)
      const isVariable = layout === 'text' || layout === 'bytes'
      return isVariable ? new VariableStreams() : new FixedStream(canonicalValues)
    }
  }
}

/** The streams of a key field's column. */
export function keyStreams(type: TypeSpec): ColumnStreams {
  const scale = wholeNumberScale(required(type))
  return scale === undefined
    ? new VariableStreams()
    : new FixedStream((...rows) => canonicalKeys(scale, ...rows))
}

type Canonical = (column: Column, start: number, end: number) => ColumnValues

class FixedStream implements ColumnStreams {
  readonly #hash: Hash = createHash('sha256')
  readonly #canonical: Canonical

  constructor(canonical: Canonical) {
    this.#canonical = canonical
  }

  add(column: Column, start: number, end: number): void {
    this.#hash.update(this.#canonical(column, start, end))
  }

  digest(): Buffer {
    return this.#hash.digest()
  }
}

class VariableStreams implements ColumnStreams {
  readonly #lengths: Hash = createHash('sha256')
  readonly #bytes: Hash = createHash('sha256')

  add(column: Column, start: number, end: number): void {
    const offsets = column.offsets!
    const bytes = column.values as Uint8Array
    const lengths = new Int32Array(end - start)
    for (let i = 0; i < lengths.length; i++) lengths[i] = offsets[start + i + 1]! - offsets[start + i]!
    if (column.validity === null) this.#bytes.update(bytes.subarray(offsets[start], offsets[end]))
    else this.#addPresent(column, start, lengths)
    this.#lengths.update(lengths)
  }

  digest(): Buffer {
    return Buffer.concat([this.#lengths.digest(), this.#bytes.digest()])
  }

  /** Bytes that an absent row may have are left out. */
  #addPresent(column: Column, start: number, lengths: Int32Array): void {
    const offsets = column.offsets!
    const bytes = column.values as Uint8Array
    for (let i = 0; i < lengths.length; i++) {
      const row = start + i
      if (!isPresent(column, row)) lengths[i] = 0
      else this.#bytes.update(bytes.subarray(offsets[row], offsets[row + 1]))
    }
  }
}

class OptionalStreams implements ColumnStreams {
  readonly #presence: Hash = createHash('sha256')
  readonly #values: ColumnStreams

  constructor(values: ColumnStreams) {
    this.#values = values
  }

  add(column: Column, start: number, end: number): void {
    const present = new Uint8Array(end - start)
    for (let i = 0; i < present.length; i++) present[i] = isPresent(column, start + i) ? 1 : 0
    this.#presence.update(present)
    this.#values.add(column, start, end)
  }

  digest(): Buffer {
    return Buffer.concat([this.#presence.digest(), this.#values.digest()])
  }
}

/** struct: its fields, each absent where the struct is. */
class StructStreams implements ColumnStreams {
  readonly #fields: readonly ColumnStreams[]

  constructor(fields: readonly ColumnStreams[]) {
    this.#fields = fields
  }

  add(column: Column, start: number, end: number): void {
    for (const [i, child] of column.children!.entries()) {
      if (column.validity === null) this.#fields[i]!.add(child, start, end)
      else this.#fields[i]!.add(presentWith(child, column, start, end), 0, end - start)
    }
  }

  digest(): Buffer {
    return Buffer.concat(this.#fields.map(field => field.digest()))
  }
}

/** list and map: how many elements each row has, and the elements. */
class RangeStreams implements ColumnStreams {
  readonly #lengths: Hash = createHash('sha256')
  readonly #parts: readonly ColumnStreams[]

  constructor(parts: readonly ColumnStreams[]) {
    this.#parts = parts
  }

  add(column: Column, start: number, end: number): void {
    const offsets = column.offsets!
    const lengths = new Int32Array(end - start)
    let from = start
    for (let row = start; row < end; row++) {
      if (isPresent(column, row)) lengths[row - start] = offsets[row + 1]! - offsets[row]!
      else {
        this.#addRows(column, from, row)
        from = row + 1
      }
    }
    this.#addRows(column, from, end)
    this.#lengths.update(lengths)
  }

  digest(): Buffer {
    return Buffer.concat([this.#lengths.digest(), ...this.#parts.map(part => part.digest())])
  }

  #addRows({ offsets, children }: Column, start: number, end: number): void {
    const [first, last] = [offsets![start]!, offsets![end]!]
    if (last > first) for (const [i, child] of children!.entries()) this.#parts[i]!.add(child, first, last)
  }
}

/** The child's rows [start, end), absent where the parent is. */
function presentWith(child: Column, parent: Column, start: number, end: number): Column {
  const rows = slice(child, start, end)
  const bits = new Uint8Array(bitmapBytes(end - start))
  for (let i = 0; i < rows.length; i++)
    if (isPresent(parent, start + i) && isPresent(rows, i)) setBit(bits, i)
  return { ...rows, validity: bits }
}

function canonicalDecimals(column: Column, start: number, end: number): ColumnValues {
  const words = column.values.slice(start * 2, end * 2) as BigInt64Array
  if (column.validity === null) return words
  for (let i = 0; i < end - start; i++) if (!isPresent(column, start + i)) words.fill(0n, i * 2, i * 2 + 2)
  return words
}

function canonicalValues(column: Column, start: number, end: number): ColumnValues {
  if (layoutOf(column.type) === 'bits') return bitsAsBytes(column, start, end)
  const values = column.values.subarray(start, end)
  const isFloat = values instanceof Float64Array || values instanceof Float32Array
  const hasNaN = isFloat && values.some(Number.isNaN)
  if (column.validity === null && !hasNaN) return values
  const copy = values.slice()
  if (hasNaN) canonicalNaNs(copy as Float64Array | Float32Array)
  if (column.validity !== null) zeroAbsent(column, start, copy)
  return copy
}

function bitsAsBytes(column: Column, start: number, end: number): Uint8Array {
  const out = new Uint8Array(end - start)
  for (let i = 0; i < out.length; i++) {
    out[i] = isPresent(column, start + i) && bitAt(column.values as Uint8Array, start + i) ? 1 : 0
  }
  return out
}

function canonicalNaNs(values: Float64Array | Float32Array): void {
  const words = wordsOf(values)
  const wide = values instanceof Float64Array
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue
    if (wide) words[i * 2] = 0
    words[wide ? i * 2 + 1 : i] = wide ? 0x7ff80000 : 0x7fc00000
  }
}

function zeroAbsent(column: Column, start: number, values: ColumnValues): void {
  for (let i = 0; i < values.length; i++) {
    if (!isPresent(column, start + i))
      values.fill((values instanceof BigInt64Array ? 0n : 0) as never, i, i + 1)
  }
}

function canonicalKeys(scale: number, column: Column, start: number, end: number): ColumnValues {
  const { values } = column
  if (values instanceof BigInt64Array) {
    const rows = values.subarray(start, end)
    return scale === 1 ? rows : rows.map(value => value * BigInt(scale))
  }
  const narrow =
    layoutOf(column.type) === 'bits' ? bitsAsBytes(column, start, end) : values.subarray(start, end)
  const words = new Int32Array(narrow.length * 2)
  for (let i = 0; i < narrow.length; i++) {
    const value = narrow[i] as number
    words[i * 2] = value
    words[i * 2 + 1] = value < 0 ? -1 : 0
  }
  return words
}
