/** Rows of Parquet files as lines of JSON, as a log would have got them: for the demo and for tests. */
import { valueReader } from '../src/codec/column-reader.ts'
import { jsonEncoder } from '../src/codec/json.ts'
import type { Field } from '../src/record/record.ts'
import type { HistoryBatch } from '../src/source/history.ts'
import { parquet } from '../src/source/parquet.ts'

/** Pieces of text, whole lines each, in the order of the files. */
export async function* parquetLines(
  pattern: string | readonly string[],
  fields: readonly Field[],
): AsyncGenerator<string> {
  const plan = await parquet(pattern, { position: false }).plan({ source: 'lines', fields })
  for await (const batch of plan.read()) yield linesOf(batch, fields)
}

function linesOf({ batch }: HistoryBatch, fields: readonly Field[]): string {
  const encode = jsonEncoder(fields)
  const readers = fields.map(({ name }) => [name, valueReader(batch.columns.get(name)!)] as const)
  const lines: string[] = []
  for (let row = 0; row < batch.length; row++) {
    lines.push(encode(Object.fromEntries(readers.map(([name, read]) => [name, read(row)]))))
  }
  return `${lines.join('\n')}\n`
}
