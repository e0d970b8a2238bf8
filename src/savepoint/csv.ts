/** Rows of columns as CSV (RFC 4180, line ends of one line feed): the JSON form of a value, texts without its quotes. */
import { valueReader } from '../codec/column-reader.ts'
import type { NamedColumn } from '../codec/json-lines.ts'
import { jsonText } from '../codec/json-text.ts'
import { valueToJson } from '../codec/json-value.ts'

/** The first line. */
export function csvHead(names: readonly string[]): string {
  return `${names.map(cell).join(',')}\n`
}

/** The rows, each with its line end. Nothing stands for null, `""` for an empty text. */
export function csvLines(columns: readonly NamedColumn[], length: number): string {
  const readers = columns.map(({ column }) => {
    const read = valueReader(column)
    return (row: number): string => valueCell(valueToJson(column.type, read(row)))
  })
  let text = ''
  for (let row = 0; row < length; row++) text += `${readers.map(read => read(row)).join(',')}\n`
  return text
}

function valueCell(value: ReturnType<typeof valueToJson>): string {
  if (value === null) return ''
  return cell(typeof value === 'string' ? value : jsonText(value))
}

function cell(text: string): string {
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
