/**
 * From the type that a file has to the type that the schema declares: exactly, or not at all. Columns whose types agree
 * are handed on as they are; the others are converted in one loop a column, never a call a value.
 */
import type { Column } from '../../record/column.ts'
import { isPresent } from '../../record/column.ts'
import { required } from '../../record/type.ts'
import type { NestedSpec, RequiredSpec, TypeSpec } from '../../record/type.ts'
import { convertInt96 } from './convert-int96.ts'
import { checkSafe, toFloat64, toInt64, toNarrow } from './convert-int.ts'
import { checkEnum, checkUtf8 } from './convert-text.ts'
import { convertDecimal } from './convert-decimal.ts'
import { convertNested } from './convert-nested.ts'
import { convertTimestamp } from './convert-timestamp.ts'
import type { FileType } from './file-type.ts'
import type { OnMisfit } from './misfit.ts'

/**
 * The column with the declared type, sharing buffers where it can; null when the types have no values in common.
 * `misfit` is called for the first present row whose value the declared type can't hold exactly.
 */
export function convertColumn(
  column: Column,
  fileType: FileType,
  type: TypeSpec,
  misfit: OnMisfit,
): Column | null {
  // What stands under an absent row is nobody's value: it may be anything.
  const presentMisfit: OnMisfit = (row, found) => {
    if (isPresent(column, row)) misfit(row, found)
  }
  const to = required(type)
  if (fileType.kind === 'int96') return fromInt96(column, to, type, presentMisfit)
  if (to.kind === 'struct' || to.kind === 'list' || to.kind === 'map')
    return convertNested(column, fileType, type, presentMisfit, convertColumn)
  const values = convertedValues(column, to, presentMisfit)
  return values === null ? null : { ...column, type, values }
}

/** 96-bit timestamps reach us as bytes (decoder-footer.ts). */
function fromInt96(column: Column, to: RequiredSpec, type: TypeSpec, misfit: OnMisfit): Column | null {
  if (to.kind !== 'timestamp' || required(column.type).kind !== 'bytes') return null
  return { ...column, type, values: convertInt96(column, to.unit, misfit), offsets: null }
}

function convertedValues(
  column: Column,
  to: Exclude<RequiredSpec, NestedSpec>,
  misfit: OnMisfit,
): Column['values'] | null {
  const from = required(column.type)
  switch (to.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
      if (!isInt(from)) return null
      return from.kind === to.kind ? column.values : toNarrow(column, to.kind, misfit)
    case 'int64':
      return isInt(from) ? toInt64(column) : null
    case 'safeInt64':
      return isInt(from) ? checkSafe(toInt64(column), misfit) : null
    case 'float64':
      if (from.kind === 'float32') return new Float64Array(column.values as Float32Array)
      if (isInt(from)) return toFloat64(column, misfit)
      return from.kind === 'float64' ? column.values : null
    case 'timestamp':
      if (from.kind !== 'timestamp') return null
      return convertTimestamp(column.values as BigInt64Array, from.unit, to.unit, misfit)
    case 'string':
    case 'enum':
      if (from.kind !== 'string' && from.kind !== 'bytes') return null
      if (from.kind === 'bytes') checkUtf8(column, misfit)
      if (to.kind === 'enum') checkEnum(column, to.values, misfit)
      return column.values
    case 'bool':
    case 'float32':
    case 'bytes':
    case 'date':
      return from.kind === to.kind ? column.values : null
    case 'decimal':
      return from.kind === 'decimal' ? convertDecimal(column, from.scale, to, misfit) : null
  }
}

function isInt({ kind }: RequiredSpec): boolean {
  return kind.startsWith('int') || kind === 'safeInt64'
}
