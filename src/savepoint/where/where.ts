/**
 * Conditions on rows, as `scan --where` takes them: a small language of its own over the columns of a state.
 *
 *   total > 100 and (country = 'Norway' or country is null) and not customer in ('a', 'b')
 *
 * Columns stand by name, in double quotes where they are no plain words or a word of the language, with `.` before the
 * field of a struct. Texts stand in single quotes, a quote in them twice; numbers, true and false as they are; a date as
 * 'YYYY-MM-DD', a time as ISO 8601 text or a number of its unit, bytes not at all. Operators: = <> != < <= > >=, `is null`,
 * `is not null`, `in (…)`, `not`, `and`, `or`, from the tightest to the loosest. As in SQL, a comparison with nothing is neither
 * true nor false, and only rows that are true are kept; NaN equals NaN and is above all numbers.
 *
 * Text is parsed to a tree (parse.ts), the tree is held against the columns' types (bind.ts), and what comes of it reads
 * columns; nothing in it is ever run as code.
 */
import type { NamedColumn } from '../../codec/json-lines.ts'
import type { Field } from '../../record/record.ts'
import { bind } from './bind.ts'
import { parse } from './parse.ts'

/** Whether a row is wanted. */
export type RowTest = (row: number) => boolean

/** A condition that was held against the columns' types; the columns of each piece are bound to it anew. */
export interface RowCondition {
  test(columns: readonly NamedColumn[]): RowTest
}

/** Errors: `invalid`, code `bad-where`, with the place in the text and what was expected there. */
export function rowCondition(text: string, fields: readonly Field[]): RowCondition {
  const condition = bind(parse(text), fields, text)
  return {
    test: columns => {
      const test = condition(columns)
      return row => test(row) === true
    },
  }
}
