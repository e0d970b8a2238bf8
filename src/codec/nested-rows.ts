/** gather.ts for nested columns and decimals: rows picked, joined and cut together with what lies under them. */
import type { Column } from '../record/column.ts'
import { concat, gather, slice } from './gather.ts'
import { layoutOf, type Layout } from './layout.ts'

const noValues = new Uint8Array(0)

/** Whether the column has one entry of its one buffer a row, as all flat types but decimals have. */
export function isPlain({ children, type }: Column): boolean {
  return (
    children === undefined &&
    type.kind !== 'decimal' &&
    !(type.kind === 'optional' && type.of.kind === 'decimal')
  )
}

/** The picked rows; those of children that absent rows may have are left out. */
export function gatherNested(column: Column, rows: Int32Array, validity: Uint8Array | null): Column {
  const { type, children, offsets } = column
  const { length } = rows
  if (children === undefined) {
    const values = gatherWide(column.values as BigInt64Array, rows)
    return { type, length, validity, values, offsets: null }
  }
  if (offsets === null) {
    const picked = children.map(child => gather(child, rows, 0, length))
    return { type, length, validity, values: noValues, offsets, children: picked }
  }
  const ends = new Int32Array(length + 1)
  for (let i = 0; i < length; i++) ends[i + 1] = ends[i]! + offsets[rows[i]! + 1]! - offsets[rows[i]!]!
  const items = new Int32Array(ends[length]!)
  for (let i = 0, at = 0; i < length; i++)
    for (let item = offsets[rows[i]!]!; at < ends[i + 1]!; item++) items[at++] = item
  const picked = children.map(child => gather(child, items, 0, items.length))
  return { type, length, validity, values: noValues, offsets: ends, children: picked }
}

/** All rows, one column after the other. */
export function concatNested(
  columns: readonly Column[],
  length: number,
  validity: Uint8Array | null,
): Column {
  const { type, children, offsets } = columns[0]!
  if (children === undefined) return { type, length, validity, values: concatWide(columns, length), offsets }
  const used = columns.map(usedChildren)
  const joined = children.map((_, i) => concat(used.map(list => list[i]!)))
  const ends = offsets && joinedOffsets(columns, length)
  return { type, length, validity, values: noValues, offsets: ends, children: joined }
}

/** The rows [start, end). */
export function sliceNested(column: Column, start: number, end: number, validity: Uint8Array | null): Column {
  const { type, children, offsets, values } = column
  const length = end - start
  if (children === undefined)
    return { type, length, validity, values: values.subarray(2 * start, 2 * end), offsets: null }
  if (offsets !== null)
    return { type, length, validity, values, offsets: offsets.subarray(start, end + 1), children }
  return {
    type,
    length,
    validity,
    values,
    offsets,
    children: children.map(child => slice(child, start, end)),
  }
}

/** A copy of the rows that shares no buffer, so that it does not keep theirs. */
export function detached(column: Column): Column {
  const rows = Int32Array.from({ length: column.length }, (_, row) => row)
  return gather(column, rows, 0, rows.length)
}

/** The children's rows that the column's rows have. */
export function usedChildren({ children, offsets, length }: Column): readonly Column[] {
  const [start, end] = offsets === null ? [0, length] : [offsets[0]!, offsets[length]!]
  return children!.map(child => (start === 0 && end === child.length ? child : slice(child, start, end)))
}

/** A map's entries are a struct in Arrow; only the children are looked at. */
export function entriesColumn(children: readonly Column[]): Column {
  const [keys] = children as [Column]
  const plain = { validity: null, values: noValues, offsets: null }
  return { ...plain, type: { kind: 'struct', fields: [] }, length: keys.length, children }
}

/** Offsets from 0 on. */
export function rebased(offsets: Int32Array, length: number): Int32Array {
  const start = offsets[0]!
  const own = offsets.subarray(0, length + 1)
  return start === 0 ? own : own.map(offset => offset - start)
}

/** Bytes of what lies under the rows [start, end); `rowBytes`: what a row of each layout takes itself, but for text. */
export function childBytes(
  { children, offsets }: Column,
  start: number,
  end: number,
  rowBytes: Readonly<Record<Layout, number>>,
): number {
  const [from, to] = offsets === null ? [start, end] : [offsets[start]!, offsets[end]!]
  return children!.reduce((sum, child) => {
    const own = rowBytes[layoutOf(child.type)] * (to - from)
    if (child.children !== undefined) return sum + own + childBytes(child, from, to, rowBytes)
    return sum + own + (child.offsets === null ? 0 : child.offsets[to]! - child.offsets[from]!)
  }, 0)
}

function joinedOffsets(columns: readonly Column[], length: number): Int32Array {
  const ends = new Int32Array(length + 1)
  let row = 0
  for (const { offsets, length: rows } of columns) {
    const shift = ends[row]! - offsets![0]!
    for (let i = 1; i <= rows; i++) ends[row + i] = offsets![i]! + shift
    row += rows
  }
  return ends
}

function gatherWide(values: BigInt64Array, rows: Int32Array): BigInt64Array {
  const out = new BigInt64Array(rows.length * 2)
  for (let i = 0; i < rows.length; i++) {
    out[i * 2] = values[rows[i]! * 2]!
    out[i * 2 + 1] = values[rows[i]! * 2 + 1]!
  }
  return out
}

function concatWide(columns: readonly Column[], length: number): BigInt64Array {
  const out = new BigInt64Array(length * 2)
  let at = 0
  for (const column of columns) {
    out.set((column.values as BigInt64Array).subarray(0, column.length * 2), at)
    at += column.length * 2
  }
  return out
}
