/** Records out of columns: one fresh plain object a row, all fields as own properties. */
import { internal } from '../errors.ts'
import type { Column } from '../record/column.ts'
import type { AnyRecord, Field } from '../record/record.ts'
import { presentReader } from './column-reader.ts'
import { isBigint, layoutOf, wordsOf } from './layout.ts'
import { generated, objectLiteral } from './object-literal.ts'
import { textReader } from './text-decoder.ts'

/** Values of some fields by row, for a caller that already has them; they take the columns' place. */
export type GivenFields = ReadonlyMap<string, (row: number) => unknown>

const nothingGiven: GivenFields = new Map()

/**
 * A reader of the rows of `columns`, which are in the order of `fields`; undefined stands for a column that is given.
 * Errors when read: `data`, code `unsafe-integer`, as `valueReader`.
 */
export function recordReader(
  fields: readonly Field[],
  columns: readonly (Column | undefined)[],
  given: GivenFields = nothingGiven,
): (row: number) => AnyRecord {
  const bindings = new Map<string, unknown>()
  const properties = fields.map(({ name }, i) => {
    const value = given.get(name)
    const expression = value
      ? givenValue(i, value, bindings)
      : columnValue(i, columnOf(columns[i], name), bindings)
    return { name, expression }
  })
  const body = `let high = 0; return ${objectLiteral(properties)}`
  return generated<(row: number) => AnyRecord>('row', body, bindings)
}

function columnOf(column: Column | undefined, name: string): Column {
  if (column) return column
  throw internal({ code: 'no-column', thing: `field '${name}'`, expected: 'a column or a given value' })
}

function givenValue(i: number, value: (row: number) => unknown, bindings: Map<string, unknown>): string {
  bindings.set(`given${i}`, value)
  return `given${i}(row)`
}

/** The expression for a column's value, null where it is absent. */
function columnValue(i: number, column: Column, bindings: Map<string, unknown>): string {
  const present = presentValue(i, column, bindings)
  if (column.validity === null) return present
  bindings.set(`validity${i}`, column.validity)
  return `(validity${i}[row >>> 3] >>> (row & 7) & 1) === 1 ? ${present} : null`
}

function presentValue(i: number, column: Column, bindings: Map<string, unknown>): string {
  switch (layoutOf(column.type)) {
    case 'bits':
      bindings.set(`bits${i}`, column.values)
      return `(bits${i}[row >>> 3] >>> (row & 7) & 1) === 1`
    case 'int8':
    case 'int16':
    case 'int32':
    case 'float32':
    case 'float64':
      bindings.set(`values${i}`, column.values)
      return `values${i}[row]`
    case 'int64':
      return isBigint(column.type) ? called(i, column, bindings) : safeInteger(i, column, bindings)
    case 'text':
      bindings.set(`offsets${i}`, column.offsets).set(`text${i}`, textReader(column.values as Uint8Array))
      return `text${i}(offsets${i}[row], offsets${i}[row + 1])`
    case 'bytes':
    case 'int128':
    case 'struct':
    case 'list':
    case 'map':
      return called(i, column, bindings)
  }
}

function called(i: number, column: Column, bindings: Map<string, unknown>): string {
  bindings.set(`read${i}`, presentReader(column))
  return `read${i}(row)`
}

/** In place where the high word says that it is safe; the reader decides (and refuses) at the edge. */
function safeInteger(i: number, column: Column, bindings: Map<string, unknown>): string {
  bindings.set(`words${i}`, wordsOf(column.values)).set(`read${i}`, presentReader(column))
  const inPlace = `high * 0x100000000 + (words${i}[row * 2] >>> 0)`
  return `(high = words${i}[row * 2 + 1], high >= 0x200000 || high <= -0x200000) ? read${i}(row) : ${inPlace}`
}
