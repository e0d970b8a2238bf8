/** Tables of aggregates as entries: columns by name, the key's fields, of lists the index, then the state's name. */
import { badData, type HeadwaterError } from '../errors.ts'
import { gather } from '../codec/gather.ts'
import { keyCodec } from '../record/key.ts'
import { isPresent, type Column } from '../record/column.ts'
import type { Field } from '../record/record.ts'
import { isOptional } from '../record/type.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { hashKeys } from '../codec/key-columns.ts'
import { keyGroupOf } from '../record/key-group.ts'
import { keyCompare } from '../savepoint/row-order.ts'
import type { History, HistoryBatch, HistoryPlan } from '../source/history.ts'
import { entriesOf } from './entry-reader.ts'
import { RowSorter } from './row-sorter.ts'
import { thingOf } from './transform.ts'
import { wholeKeys } from './whole-keys.ts'

const indexField: Field = { name: 'index', type: { kind: 'int32' } }

/** The columns that a table must have. */
export function aggregateFields({ key, state }: StateTable): readonly Field[] {
  const index = state.kind === 'list' ? [indexField] : []
  return [...key.fields, ...index, { name: state.name, type: state.type }]
}

/** Looks at the files of a table. Errors: those of `History.plan`. */
export async function planAggregates(table: StateTable, history: History): Promise<HistoryPlan> {
  const source = `${table.uid}/${table.state.name}`
  return history.plan({ source, fields: aggregateFields(table) })
}

/**
 * The entries in order. Errors: those of reading; `data`, codes `null-key`, `null-value` (naming file and row), `duplicate-key`,
 * `list-gap`.
 */
export async function* aggregateRows(
  table: StateTable,
  plan: HistoryPlan,
  keyGroups: number,
  scratch: () => Promise<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<EntryRows> {
  const sorter = new RowSorter(table, scratch)
  for await (const batch of plan.read(signal)) await sorter.add(entryRows(table, plan, batch, keyGroups))
  yield* uniqueKeys(table, sorter.sorted())
}

function entryRows(table: StateTable, plan: HistoryPlan, batch: HistoryBatch, keyGroups: number): EntryRows {
  const { length, columns } = batch.batch
  const { key, state } = table
  const column = (name: string): Column => columns.get(name) as Column
  const keys = key.fields.map(({ name }) => required(column(name), name, 'null-key', plan, batch))
  const given = column(state.name)
  const value = isOptional(state.type) ? given : required(given, state.name, 'null-value', plan, batch)
  const index = state.kind === 'list' ? required(column('index'), 'index', 'null-value', plan, batch) : null
  const hashes = new Int32Array(length)
  hashKeys(keyCodec(key), keys, hashes)
  return {
    length,
    keyGroups: Uint16Array.from(hashes, hash => keyGroupOf(hash, keyGroups)),
    keys,
    index: index && (index.values as Int32Array),
    deleted: null,
    value,
  }
}

/** The column without its validity, all rows being present. */
function required(
  column: Column,
  name: string,
  code: string,
  { files }: HistoryPlan,
  { file, rowGroup, firstRow }: HistoryBatch,
): Column {
  if (column.validity === null) return column
  for (let row = 0; row < column.length; row++) {
    if (isPresent(column, row)) continue
    const thing = `${files[file]?.path}, row group ${rowGroup}, row ${firstRow + row}, column '${name}'`
    throw badData({
      code,
      thing,
      expected: 'a value',
      found: 'null',
      remedy: 'leave such rows out of the table',
    })
  }
  return { ...column, validity: null }
}

/** Refuses a second row of a key; brings lists into the order of their indexes. */
async function* uniqueKeys(table: StateTable, sorted: AsyncIterable<EntryRows>): AsyncGenerator<EntryRows> {
  for await (const rows of wholeKeys(sorted)) {
    const ordered = table.state.kind === 'list' ? byIndex(rows) : rows
    const { index, keyGroups } = ordered
    const compare = keyCompare(ordered.keys, ordered.keys)
    for (let row = 0; row < ordered.length; row++) {
      const same = row > 0 && keyGroups[row] === keyGroups[row - 1] && compare(row - 1, row) === 0
      if (index === null ? same : index[row] !== (same ? index[row - 1]! + 1 : 0))
        throw misplaced(table, ordered, row)
    }
    yield ordered
  }
}

function byIndex(rows: EntryRows): EntryRows {
  const { keyGroups, index } = rows
  const compare = keyCompare(rows.keys, rows.keys)
  const order = Int32Array.from({ length: rows.length }, (_, i) => i)
  order.sort((a, b) => keyGroups[a]! - keyGroups[b]! || compare(a, b) || index![a]! - index![b]!)
  const pick = (column: Column): Column => gather(column, order, 0, order.length)
  return {
    ...rows,
    keyGroups: keyGroups.map((_, i) => keyGroups[order[i]!]!),
    keys: rows.keys.map(pick),
    index: index!.map((_, i) => index![order[i]!]!),
    value: pick(rows.value),
  }
}

function misplaced(table: StateTable, rows: EntryRows, row: number): HeadwaterError {
  const one = [...entriesOf(table, rows)].find(({ start, end }) => row >= start && row < end)!
  const thing = thingOf(table, one.key)
  if (rows.index === null)
    return badData({ code: 'duplicate-key', thing, expected: 'one row a key', found: 'several' })
  return badData({
    code: 'list-gap',
    thing,
    expected: 'indexes 0, 1, 2 …',
    found: `index ${rows.index[row]}`,
  })
}
