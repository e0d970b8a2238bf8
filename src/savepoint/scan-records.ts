/** Entries as records, for programs that use the library: what `headwater scan` prints. */
import { valueReader } from '../codec/column-reader.ts'
import { invalid } from '../errors.ts'
import type { AnyRecord } from '../record/record.ts'
import { findState } from './find-state.ts'
import { entryFields, namedColumns } from './named-columns.ts'
import { pinnedPieces } from './pinned.ts'
import { selectRows, type SelectOptions } from './select.ts'
import type { EntryRows, Savepoint, StateTable } from './savepoint.ts'
import { groupColumn } from './segment-columns.ts'

/** Which entries, and what of them. */
export interface ScanRequest extends SelectOptions {
  /** Column names in the order wanted; default all but `key_group`. */
  readonly columns?: readonly string[] | undefined
}

/**
 * The entries of a state, sorted by key group and key, a record each: the key's fields, the index of a list's element, the
 * value under the state's name. Errors: those of `pin` and `selectRows`; `invalid`, code `unknown-column`.
 */
export function scan(
  savepoint: string | Savepoint,
  uid: string,
  state: string,
  request: ScanRequest = {},
): AsyncGenerator<AnyRecord> {
  return pinnedPieces(savepoint, opened => records(opened, uid, state, request))
}

async function* records(
  opened: Savepoint,
  uid: string,
  state: string,
  request: ScanRequest,
): AsyncGenerator<AnyRecord> {
  const { table } = findState(opened, uid, state)
  const wanted = columnNumbers(table, request.columns)
  for await (const rows of selectRows(opened, uid, state, request)) yield* recordsOf(table, rows, wanted)
}

/** Entries as records of the columns with these places among `entryFields`. */
export function* recordsOf(
  table: StateTable,
  rows: EntryRows,
  wanted: readonly number[],
): Generator<AnyRecord> {
  const columns = namedColumns(table, rows)
  const readers = wanted.map(i => [columns[i]!.name, valueReader(columns[i]!.column)] as const)
  for (let row = 0; row < rows.length; row++)
    yield Object.fromEntries(readers.map(([name, read]) => [name, read(row)]))
}

/** Places of the wanted columns among `entryFields`; all but the key group when none are named. */
export function columnNumbers(table: StateTable, names: readonly string[] | undefined): readonly number[] {
  const fields = entryFields(table)
  if (names === undefined) return fields.flatMap(({ name }, i) => (name === groupColumn ? [] : [i]))
  return names.map(name => {
    const found = fields.findIndex(field => field.name === name)
    if (found >= 0) return found
    throw invalid({
      code: 'unknown-column',
      thing: `${table.uid}/${table.state.name}`,
      expected: `columns of ${fields.map(field => field.name).join(', ')}`,
      found: name,
      remedy: 'name columns that are there',
    })
  })
}
