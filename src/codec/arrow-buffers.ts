/** The buffers of columns out of apache-arrow's vectors, which are taken for what they look like: arrow.ts alone knows it. */
import type { Column, ColumnValues } from '../record/column.ts'
import type { RequiredSpec } from '../record/type.ts'
import * as convert from './arrow-conversions.ts'
import { sliceBits } from './bitmap.ts'

/** What a vector of Arrow has. */
export interface ArrowData {
  readonly length: number
  /** In bits, of bit-packed values; others begin at their first row. */
  readonly offset: number
  readonly values: unknown
  readonly valueOffsets: unknown
  readonly variadicBuffers: readonly Uint8Array[]
}

/** What a column has beside its type and validity. */
export type Buffers = Pick<Column, 'values' | 'offsets' | 'children'>

/** Reads buffers; absent rows may hold anything. */
export type BufferReader = (data: ArrowData, isPresent: (row: number) => boolean) => Buffers

const noValues = new Uint8Array(0)

/** A reading through a conversion of the values. */
export function fixed(
  spec: RequiredSpec,
  values: (...rows: Parameters<BufferReader>) => ColumnValues,
): { spec: RequiredSpec; buffers: BufferReader } {
  return { spec, buffers: (...rows) => ({ values: values(...rows), offsets: null }) }
}

/** The values of the rows, without what pads the buffer. */
export function rowsOf<A extends ColumnValues | Uint32Array | BigUint64Array>(data: ArrowData): A {
  return (data.values as A).subarray(0, data.length) as A
}

export const same: BufferReader = data => ({ values: rowsOf(data), offsets: null })

export const bits: BufferReader = ({ values, offset, length }) => {
  return { values: sliceBits(values as Uint8Array, offset, offset + length), offsets: null }
}

/** Decimals: four words of 32 bits a row. */
export const wide: BufferReader = ({ values, length }) => {
  const words = (values as Uint32Array).subarray(0, length * 4)
  const { buffer, byteOffset } = words.byteOffset % 8 === 0 ? words : words.slice()
  return { values: new BigInt64Array(buffer, byteOffset, length * 2), offsets: null }
}

export const plainOffsets: BufferReader = data => withOffsets(data, offsetsOf(data))

export const largeOffsets: BufferReader = data => withOffsets(data, convert.fromLargeOffsets(offsetsOf(data)))

/** Of nested types: the offsets that lists and maps have. */
export function rangesOf(data: ArrowData, kind: string): Buffers {
  if (kind === 'struct') return { values: noValues, offsets: null }
  const offsets = offsetsOf<Int32Array | BigInt64Array>(data)
  const narrow = offsets instanceof BigInt64Array ? convert.fromLargeOffsets(offsets) : offsets
  return { values: noValues, offsets: narrow }
}

export function fixedSize(width: number): BufferReader {
  return ({ values, length }) => convert.fromFixedSize(values as Uint8Array, width, length)
}

export const views: BufferReader = ({ values, variadicBuffers, length }) =>
  convert.fromViews(values as Uint8Array, variadicBuffers, length)

function withOffsets({ values }: ArrowData, offsets: Int32Array): Buffers {
  return { values: values as Uint8Array, offsets }
}

function offsetsOf<A extends Int32Array | BigInt64Array>({ valueOffsets, length }: ArrowData): A {
  return (valueOffsets as A).subarray(0, length + 1) as A
}
