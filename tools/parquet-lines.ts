/** Rows of Parquet files as lines of JSON, as a log would have got them: for the demo and for tests. */
import { valueReader } from '../src/codec/column-reader.ts'
import { jsonEncoder } from '../src/codec/json.ts'
import type { Field } from '../src/record/record.ts'
import type { HistoryBatch } from '../src/source/history.ts'
import { parquet } from '../src/source/parquet.ts'

interface Line {
  readonly text: string
  /** The value of the field that orders lines. */
  readonly order: number
}

/** Pieces of text, whole lines each, in the order of the files; inside a file as they stand, or ordered by a field. */
export async function* parquetLines(
  pattern: string | readonly string[],
  fields: readonly Field[],
  orderBy: string | null = null,
): AsyncGenerator<string> {
  const plan = await parquet(pattern, { position: false }).plan({ source: 'lines', fields })
  let file: { readonly index: number; readonly lines: Line[] } = { index: 0, lines: [] }
  for await (const batch of plan.read()) {
    if (batch.file !== file.index || orderBy === null) {
      if (file.lines.length > 0) yield textOf(file.lines, orderBy)
      file = { index: batch.file, lines: [] }
    }
    for (const line of linesOf(batch, fields, orderBy)) file.lines.push(line)
  }
  if (file.lines.length > 0) yield textOf(file.lines, orderBy)
}

function linesOf({ batch }: HistoryBatch, fields: readonly Field[], orderBy: string | null): readonly Line[] {
  const encode = jsonEncoder(fields)
  const readers = fields.map(({ name }) => [name, valueReader(batch.columns.get(name)!)] as const)
  return Array.from({ length: batch.length }, (_, row): Line => {
    const record = Object.fromEntries(readers.map(([name, read]) => [name, read(row)]))
    return { text: encode(record), order: orderBy === null ? 0 : (record[orderBy] as number) }
  })
}

function textOf(lines: readonly Line[], orderBy: string | null): string {
  const ordered = orderBy === null ? lines : lines.toSorted((a, b) => a.order - b.order)
  return `${ordered.map(({ text }) => text).join('\n')}\n`
}
