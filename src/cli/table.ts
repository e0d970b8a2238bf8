/** Aligned columns for people. */

/** A cell; numbers stand to the right. */
export type Cell = string | number | null

/** Lines of a table; cells that are null show a dash. The last column is not padded. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  const right = head.map(
    (_, i) => rows.length > 0 && rows.every(row => typeof row[i] === 'number' || row[i] === null),
  )
  const cells = [head, ...rows.map(row => row.map(cellText))]
  const widths = head.map((_, i) => Math.max(...cells.map(row => width(row[i] as string))))
  return cells.map(row =>
    `  ${row.map((cell, i) => padded(cell, widths[i]!, right[i]!)).join('  ')}`.trimEnd(),
  )
}

/** A table that comes piece by piece: columns are as wide as what was seen so far. */
export class GrowingTable {
  #widths: number[] | null = null

  /** The lines of these rows, below the head where they are the first. */
  add(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
    const cells = this.#widths === null ? [head, ...rows] : rows
    const widths = (this.#widths ??= head.map(() => 0))
    for (const row of cells)
      for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i]!, width(cell))
    return cells.map(row =>
      row
        .map((cell, i) => padded(cell, widths[i]!, false))
        .join('  ')
        .trimEnd(),
    )
  }
}

/** Names and what they are: `rows    541,909`. */
export function facts(pairs: readonly (readonly [name: string, text: string | null])[]): readonly string[] {
  const known = pairs.filter(([, text]) => text !== null)
  const longest = Math.max(0, ...known.map(([name]) => name.length))
  return known.map(([name, text]) => `${name.padEnd(longest)}  ${text}`)
}

/** A whole number with its thousands set apart. */
export function count(number: number): string {
  return String(number).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** Bytes for people: `640 B`, `12.3 KiB`, `4.1 MiB`. */
export function byteCount(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes
  let unit = 0
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`
}

function cellText(cell: Cell): string {
  if (cell === null) return '-'
  return typeof cell === 'number' ? count(cell) : cell
}

function padded(cell: string, wide: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, wide - width(cell)))
  return right ? blanks + cell : cell + blanks
}

/** Code points, which is close enough for a terminal. */
function width(text: string): number {
  let points = 0
  for (const _ of text) points++
  return points
}
