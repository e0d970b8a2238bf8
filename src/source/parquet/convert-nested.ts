/**
 * Nested columns of a file as the declared ones: part by part, fields of structs by name, entries of maps in the order of
 * their keys. What does not fit is said of the row of the column.
 */
import { valueReader } from '../../codec/column-reader.ts'
import { gather } from '../../codec/gather.ts'
import { hasAscendingKeys } from '../../codec/map-order.ts'
import { isPresent, type Column } from '../../record/column.ts'
import { compareMapKeys, type MapKey } from '../../record/map-key.ts'
import { isOptional, required, type NestedSpec, type TypeSpec } from '../../record/type.ts'
import type { FileType } from './file-type.ts'
import type { OnMisfit } from './misfit.ts'

type Convert = (column: Column, fileType: FileType, type: TypeSpec, misfit: OnMisfit) => Column | null

interface Part {
  readonly child: Column | undefined
  readonly from: FileType
  readonly to: TypeSpec
}

/** The column with the declared nested type; null when the types have no values in common. */
export function convertNested(
  column: Column,
  fileType: FileType,
  type: TypeSpec,
  misfit: OnMisfit,
  convert: Convert,
): Column | null {
  const parts = partsOf(column, fileType, required(type) as NestedSpec)
  if (parts === null) return null
  const rowOf = rowFinder(column)
  const children: Column[] = []
  for (const { child, from, to } of parts) {
    if (child === undefined) return null
    const inner: OnMisfit = (item, found) => {
      const row = rowOf(item)
      if (row !== null) misfit(row, found)
    }
    const converted = convert(child, from, to, inner)
    if (converted === null) return null
    if (!isOptional(to)) refuseNulls(converted, inner)
    children.push(converted)
  }
  const whole = { ...column, type, children }
  return required(type).kind === 'map' ? withOrderedKeys(whole, misfit) : whole
}

function partsOf(column: Column, from: FileType, to: NestedSpec): readonly Part[] | null {
  const children = column.children ?? []
  if (to.kind === 'list' && from.kind === 'list') return [{ child: children[0], from: from.of, to: to.of }]
  if (to.kind === 'map' && from.kind === 'map') {
    return [
      { child: children[0], from: from.key, to: to.key },
      { child: children[1], from: from.value, to: to.value },
    ]
  }
  if (to.kind !== 'struct' || from.kind !== 'struct') return null
  return to.fields.flatMap(({ name, type }): Part[] => {
    const place = from.fields.findIndex(field => field.name === name)
    return place < 0 ? [] : [{ child: children[place], from: from.fields[place]!.type, to: type }]
  })
}

/** The row that has an item of the children; null where the row is absent, or no row has it. */
function rowFinder(column: Column): (item: number) => number | null {
  const { offsets, length } = column
  if (offsets === null) return item => (isPresent(column, item) ? item : null)
  return item => {
    let row = 0
    while (row < length && offsets[row + 1]! <= item) row++
    return row < length && offsets[row]! <= item && isPresent(column, row) ? row : null
  }
}

function refuseNulls(child: Column, misfit: OnMisfit): void {
  if (child.validity === null) return
  for (let item = 0; item < child.length; item++) if (!isPresent(child, item)) misfit(item, 'null')
}

/** Files keep entries in any order. A key that comes twice is a misfit. */
function withOrderedKeys(column: Column, misfit: OnMisfit): Column {
  const offsets = column.offsets!
  const [keys, values] = column.children as [Column, Column]
  if (hasAscendingKeys(keys, offsets)) return column
  const spec = required(column.type) as Extract<NestedSpec, { kind: 'map' }>
  const compare = compareMapKeys(spec.key)
  const read = valueReader(keys) as (item: number) => MapKey
  const order = Int32Array.from({ length: keys.length }, (_, item) => item)
  for (let row = 0; row < column.length; row++) {
    const own = order.subarray(offsets[row], offsets[row + 1])
    own.sort((a, b) => compare(read(a), read(b)))
    for (let i = 1; i < own.length; i++)
      if (compare(read(own[i - 1]!), read(own[i]!)) === 0) misfit(row, `key ${String(read(own[i]!))} twice`)
  }
  const children = [keys, values].map(child => gather(child, order, 0, order.length))
  return { ...column, children }
}
