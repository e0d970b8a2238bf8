/** Readers: a column's rows as JavaScript values, one closure a layout, so that each reads one kind of buffer. */
import { badData } from '../errors.ts'
import { isPresent, type Column } from '../record/column.ts'
import { typeName } from '../record/type.ts'
import { decimalReader } from './decimal.ts'
import { isBigint, layoutOf, wordsOf } from './layout.ts'
import { listReader, mapReader, structReader } from './nested-reader.ts'
import { textReader } from './text-decoder.ts'

/** The value of a row, null where absent. Bytes are copies: they outlive the batch. */
export type ValueReader = (row: number) => unknown

/**
 * A reader of the column's values. Errors when read: `data`, code `unsafe-integer`, where a 64-bit value does not fit
 * the number that the type promises.
 */
export function valueReader(column: Column): ValueReader {
  const read = presentReader(column)
  return column.validity === null ? read : row => (isPresent(column, row) ? read(row) : null)
}

/** A reader for rows that are known to be present. */
export function presentReader(column: Column): ValueReader {
  switch (layoutOf(column.type)) {
    case 'bits':
      return bitReader(column.values as Uint8Array)
    case 'int8':
      return int8Reader(column.values as Int8Array)
    case 'int16':
      return int16Reader(column.values as Int16Array)
    case 'int32':
      return int32Reader(column.values as Int32Array)
    case 'int64':
      return isBigint(column.type) ? int64Reader(column.values as BigInt64Array) : safeIntReader(column)
    case 'float32':
      return float32Reader(column.values as Float32Array)
    case 'float64':
      return float64Reader(column.values as Float64Array)
    case 'text':
      return columnTextReader(column)
    case 'bytes':
      return bytesReader(column)
    case 'int128':
      return decimalReader(column)
    case 'struct':
      return structReader(column)
    case 'list':
      return listReader(column)
    case 'map':
      return mapReader(column)
  }
}

// One function a kind of buffer, although they read alike: a closure that sees one kind is compiled for it.

function bitReader(values: Uint8Array): ValueReader {
  return row => ((values[row >>> 3]! >>> (row & 7)) & 1) === 1
}

function int8Reader(values: Int8Array): ValueReader {
  return row => values[row]
}

function int16Reader(values: Int16Array): ValueReader {
  return row => values[row]
}

function int32Reader(values: Int32Array): ValueReader {
  return row => values[row]
}

function float32Reader(values: Float32Array): ValueReader {
  return row => values[row]
}

function float64Reader(values: Float64Array): ValueReader {
  return row => values[row]
}

function int64Reader(values: BigInt64Array): ValueReader {
  return row => values[row]
}

function safeIntReader(column: Column): ValueReader {
  const words = wordsOf(column.values)
  return row => {
    const value = words[row * 2 + 1]! * 0x1_0000_0000 + (words[row * 2]! >>> 0)
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) throw unsafe(column, row)
    return value
  }
}

function columnTextReader(column: Column): ValueReader {
  const offsets = column.offsets!
  const read = textReader(column.values as Uint8Array)
  return row => read(offsets[row]!, offsets[row + 1]!)
}

function bytesReader(column: Column): ValueReader {
  const offsets = column.offsets!
  const values = column.values as Uint8Array
  return row => values.slice(offsets[row], offsets[row + 1])
}

/** The error for a 64-bit value that a number can't hold exactly. */
function unsafe(column: Column, row: number): Error {
  const found = String(wordsAsBigint(column, row))
  const remedy = 'declare int64 (a bigint) or timestamp(ns)'
  const expected = 'a whole number within ±(2^53 − 1)'
  return badData({
    code: 'unsafe-integer',
    thing: `row ${row}, ${typeName(column.type)}`,
    expected,
    found,
    remedy,
  })
}

function wordsAsBigint(column: Column, row: number): bigint {
  return (column.values as BigInt64Array)[row]!
}
