/**
 * Tables of aggregates as entries: columns by name, the key's fields, of lists the index, of maps the key of an entry, then the
 * state's name.
 */
import { badData, type HeadwaterError } from '../errors.ts'
import { keyCodec } from '../record/key.ts'
import { isPresent, type Column } from '../record/column.ts'
import type { Field } from '../record/record.ts'
import { isOptional } from '../record/type.ts'
import type { EntryRows, StateTable } from '../savepoint/savepoint.ts'
import { hashKeys, keyReader } from '../codec/key-columns.ts'
import { keyGroupOf } from '../record/key-group.ts'
import { keyCompare, type RowCompare } from '../savepoint/row-order.ts'
import type { History, HistoryBatch, HistoryPlan } from '../source/history.ts'
import { valueReader } from '../codec/column-reader.ts'
import { preview } from '../codec/preview.ts'
import { gatherRows } from '../savepoint/entry-rows.ts'
import { indexColumn, mapKeyColumn } from '../savepoint/segment-columns.ts'
import { entryKeyType, entryType } from '../state/state.ts'
import { withoutStarts } from './entry-starts.ts'
import { RowSorter } from './row-sorter.ts'
import { thingOf } from './transform.ts'
import { wholeKeys } from './whole-keys.ts'

const indexField: Field = { name: indexColumn, type: { kind: 'int32' } }

/** The columns that a table must have. */
export function aggregateFields({ key, state }: StateTable): readonly Field[] {
  const mapKey = entryKeyType(state)
  const place =
    state.kind === 'list' ? [indexField] : mapKey === null ? [] : [{ name: mapKeyColumn, type: mapKey }]
  return [...key.fields, ...place, { name: state.name, type: entryType(state) }]
}

/** Looks at the files of a table. Errors: those of `History.plan`. */
export async function planAggregates(table: StateTable, history: History): Promise<HistoryPlan> {
  const source = `${table.uid}/${table.state.name}`
  return history.plan({ source, fields: aggregateFields(table) })
}

/** How tables are read. */
export interface AggregateReading {
  readonly signal: AbortSignal | undefined
  /** Told how many rows more were read; they are sorted before any comes out. */
  readonly onRead: (rows: number) => void
}

/**
 * The entries in order. Errors: those of reading; `data`, codes `null-key`, `null-value` (naming file and row), `duplicate-key`,
 * `duplicate-entry`, `list-gap`.
 */
export async function* aggregateRows(
  table: StateTable,
  plan: HistoryPlan,
  keyGroups: number,
  scratch: () => Promise<string>,
  { signal, onRead }: AggregateReading,
): AsyncGenerator<EntryRows> {
  const sorter = new RowSorter(table, scratch)
  for await (const batch of plan.read(signal)) {
    await sorter.add(entryRows(table, plan, batch, keyGroups))
    onRead(batch.batch.length)
  }
  yield* uniqueKeys(table, sorter.sorted())
}

function entryRows(table: StateTable, plan: HistoryPlan, batch: HistoryBatch, keyGroups: number): EntryRows {
  const { length, columns } = batch.batch
  const { key, state } = table
  const column = (name: string): Column => columns.get(name) as Column
  const present = (name: string, code: string): Column => required(column(name), name, code, plan, batch)
  const keys = key.fields.map(({ name }) => present(name, 'null-key'))
  const value = isOptional(entryType(state)) ? column(state.name) : present(state.name, 'null-value')
  const index = state.kind === 'list' ? present(indexColumn, 'null-value') : null
  const mapKey = state.kind === 'map' ? present(mapKeyColumn, 'null-key') : null
  const hashes = new Int32Array(length)
  hashKeys(keyCodec(key), keys, hashes)
  return {
    length,
    keyGroups: Uint16Array.from(hashes, hash => keyGroupOf(hash, keyGroups)),
    keys,
    index: index && (index.values as Int32Array),
    mapKey,
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

/** Refuses a second row of a key; brings lists into the order of their indexes, maps into that of their keys. */
async function* uniqueKeys(table: StateTable, sorted: AsyncIterable<EntryRows>): AsyncGenerator<EntryRows> {
  for await (const pieces of wholeKeys(sorted)) {
    const rows = inOrder(withoutStarts(table, pieces))
    const { index, mapKey, keyGroups } = rows
    const compare = keyCompare(rows.keys, rows.keys)
    const compareEntries = mapKey ? keyCompare([mapKey], [mapKey]) : null
    for (let row = 0; row < rows.length; row++) {
      const same = row > 0 && keyGroups[row] === keyGroups[row - 1] && compare(row - 1, row) === 0
      if (index !== null && index[row] !== (same ? index[row - 1]! + 1 : 0)) throw listGap(table, rows, row)
      if (index === null && same && (compareEntries === null || compareEntries(row - 1, row) === 0))
        throw twice(table, rows, row)
    }
    yield rows
  }
}

/** Rows in the order of keys, and within a key in that of its entry. */
function inOrder(rows: EntryRows): EntryRows {
  const { keyGroups, keys } = rows
  const within = orderInEntry(rows)
  if (within === null) return rows
  const compare = keyCompare(keys, keys)
  const order = Int32Array.from({ length: rows.length }, (_, i) => i)
  order.sort((a, b) => keyGroups[a]! - keyGroups[b]! || compare(a, b) || within(a, b))
  return gatherRows(rows, order)
}

function orderInEntry({ index, mapKey }: EntryRows): RowCompare | null {
  if (index !== null) return (a, b) => index[a]! - index[b]!
  return mapKey ? keyCompare([mapKey], [mapKey]) : null
}

function twice(table: StateTable, rows: EntryRows, row: number): HeadwaterError {
  const thing = placeOf(table, rows, row)
  if (!rows.mapKey)
    return badData({ code: 'duplicate-key', thing, expected: 'one row a key', found: 'several' })
  const name = preview(rows.mapKey.type, valueReader(rows.mapKey)(row))
  return badData({
    code: 'duplicate-entry',
    thing: `${thing}, ${mapKeyColumn} ${name}`,
    expected: 'one row an entry',
    found: 'several',
  })
}

function listGap(table: StateTable, rows: EntryRows, row: number): HeadwaterError {
  const thing = placeOf(table, rows, row)
  const found = `index ${rows.index![row]}`
  return badData({ code: 'list-gap', thing, expected: 'indexes 0, 1, 2 …', found })
}

function placeOf(table: StateTable, { keys }: EntryRows, row: number): string {
  return thingOf(table, keyReader(keyCodec(table.key), keys)(row))
}
