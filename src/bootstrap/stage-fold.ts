/**
 * Folds one stage of a job, one key group at a time: rows in the order of the schedule through the one `Step` (L1), then
 * the group's entries out, sorted. Groups are independent of each other, so any share of them can be folded anywhere.
 */
import { badData } from '../errors.ts'
import { keyCodec, type KeyCodec } from '../record/key.ts'
import { Step, type Deliver } from '../operator/step.ts'
import type { Stage } from '../job/graph.ts'
import type { EntryRows } from '../savepoint/savepoint.ts'
import { KeyTable } from '../state/key-table.ts'
import type { Cause, EmissionScatter } from './emission-scatter.ts'
import { groupEntries, slotsInKeyOrder } from './group-entries.ts'
import { GroupRows, type StageContext } from './group-rows.ts'
import type { ScatteredBatch } from './scattered-batch.ts'

/** Where a stage's entries go, in ascending order of key groups. */
export type TakeEntries = (uid: string, state: string, rows: EntryRows) => void

/** A stage ready to be folded. */
export interface StageFold {
  readonly stage: Stage
  readonly batches: readonly ScatteredBatch[]
  readonly context: StageContext
  /** By operator of the stage: the later inputs that it feeds. */
  readonly consumers: readonly (readonly EmissionScatter[])[]
  /** Names of the sources that declare to be partitioned by this stage's key, by index; checked here. */
  readonly partitionedBy: string | null
}

/** Folds the groups [from, to); returns how many keys there were. */
export function foldGroups(fold: StageFold, groups: Iterable<number>, take: TakeEntries): number {
  const { stage } = fold
  const table = new KeyTable(stage.operators)
  const codec = keyCodec(stage.key)
  const step = new Step(stage.operators, table, deliverTo(fold.consumers))
  let keys = 0
  for (const group of groups) {
    const rows = new GroupRows(fold.batches, group, fold.context)
    if (rows.length === 0) continue
    if (fold.partitionedBy !== null) checkPartitions(rows, fold.partitionedBy)
    table.reset()
    for (let slot = 0; slot < rows.keys.length; slot++) table.addSlot()
    step.apply(rows, 0, rows.length)
    keys += rows.keys.length
    takeGroup(table, group, rows, codec, take)
  }
  for (const scatter of fold.consumers.flat()) scatter.flush()
  return keys
}

function takeGroup(
  table: KeyTable,
  group: number,
  rows: GroupRows,
  codec: KeyCodec,
  take: TakeEntries,
): void {
  const slots = slotsInKeyOrder(codec, rows)
  for (const { uid, columns } of table.operators) {
    for (const column of columns) {
      const entries = groupEntries(group, rows, slots, column)
      if (entries !== null) take(uid, column.name, entries)
    }
  }
}

/** Emissions go to the later inputs with the place of their record; null when no stage wants any (L9: sinks are mute). */
function deliverTo(consumers: StageFold['consumers']): Deliver | null {
  if (consumers.every(inputs => inputs.length === 0)) return null
  let cause: (Cause & { readonly row: number; readonly rows: unknown }) | null = null
  let emission = 0
  return (operator, emitted, keyed, row) => {
    const rows = keyed as GroupRows
    if (cause === null || cause.row !== row || cause.rows !== rows) {
      cause = { ...causeOf(rows, row), row, rows }
      emission = 0
    }
    for (const record of emitted) {
      for (const input of consumers[operator] ?? []) input.add(record, emission, cause)
      emission++
    }
  }
}

function causeOf(rows: GroupRows, row: number): Cause {
  return { place: rows.place(row), path: rows.path(row), time: rows.time(row), where: rows.where(row) }
}

function checkPartitions(rows: GroupRows, source: string): void {
  const partitions = new Map<number, number>()
  for (let row = 0; row < rows.length; row++) {
    const partition = rows.partition(row)
    if (partition === null) return
    const slot = rows.slot(row)
    const first = partitions.get(slot) ?? partition
    if (first === partition) partitions.set(slot, partition)
    else throw notPartitioned(rows, row, source, first)
  }
}

/**
 * A growth within a history can't be taken in as a run takes one (record/grown-clock.ts): no file says where each partition ended when
 * it came, so there is no clock of a moved key that a run over the same records would have had.
 */
function notPartitioned(rows: GroupRows, row: number, source: string, first: number): Error {
  return badData({
    code: 'not-partitioned-by-key',
    thing: `source ${source}: key ${String(rows.key(row))}: ${rows.where(row)}`,
    expected: `all records of a key in one partition, here ${first}`,
    found: `partition ${rows.partition(row)}`,
    remedy:
      'where the topic got partitions within this history, keys moved then, and nothing orders the records of one before and after: ' +
      'leave out the files from then on, and let the run read that part of the log, with --new-partitions earliest; ' +
      'where the log has it no more, or keys never were in one partition, declare the source without partitionedByKey: ' +
      'one task reads it then, and the clock is that of all partitions',
  })
}
