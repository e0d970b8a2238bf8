/**
 * In which pieces a file is decoded: a slice is a range of rows of one row group, sized so that what is decoded at once
 * stays bounded however large the row group is. The decoder's memory grows and never shrinks, so the largest piece counts.
 */
import type { FilePlan } from './file-plan.ts'
import { decodedColumns } from './file-plan.ts'
import type { FileColumn } from './footer-schema.ts'
import type { RowGroup } from './footer.ts'

/** A piece of a file. */
export interface Slice {
  readonly rowGroup: number
  /** The first row's number inside the row group. */
  readonly firstRow: number
  readonly rows: number
  /** Bytes of the wanted columns before compression, as far as the footer tells. */
  readonly bytes: number
}

/** Rows of one batch: large enough that a batch's own cost does not matter, small enough for the cache. */
export const batchRows = 131_072
const sliceBytes = 64 * 1024 * 1024
const maxSliceRows = 16 * batchRows
const minSliceRows = 8_192

/** The slices of a file, in the order of its rows. */
export function slicesOf(plan: FilePlan): Slice[] {
  const names = new Set(decodedColumns(plan))
  const wanted = plan.file.footer.columns.filter(column => names.has(column.name))
  return plan.file.footer.rowGroups.flatMap((group, index) => slicesOfGroup(group, index, wanted))
}

function slicesOfGroup(group: RowGroup, rowGroup: number, wanted: readonly FileColumn[]): Slice[] {
  const groupBytes = wanted.reduce((sum, column) => sum + columnBytes(group, column), 0)
  const rowBytes = group.rows === 0 ? 0 : groupBytes / group.rows
  const size = sliceRows(rowBytes)
  const slices: Slice[] = []
  for (let firstRow = 0; firstRow < group.rows;) {
    const left = group.rows - firstRow
    const rows = left < size * 1.5 ? left : size // no small piece at the end
    slices.push({ rowGroup, firstRow, rows, bytes: Math.round(rows * rowBytes) })
    firstRow += rows
  }
  return slices
}

function sliceRows(rowBytes: number): number {
  const fitting = Math.floor(sliceBytes / Math.max(1, rowBytes))
  if (fitting >= maxSliceRows) return maxSliceRows
  return Math.max(minSliceRows, fitting >= batchRows ? fitting - (fitting % batchRows) : fitting)
}

/** A column's decoded size: dictionaries make the file's own figure too small, so fixed widths count at least. */
function columnBytes(group: RowGroup, { leaves, type }: FileColumn): number {
  const chunks = group.chunks.slice(...leaves)
  const stored = chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0)
  const width = type.kind === 'int' || type.kind === 'float' ? type.bits / 8 : 8
  return Math.max(stored, group.rows * width)
}
