/** Whether a history carries log positions, and in which columns: one answer for all of its files. */
import { invalid } from '../../errors.ts'
import type { Field } from '../../record/record.ts'
import type { PositionColumns } from '../history.ts'
import { detectedPresets, presetColumns, type PositionPreset } from '../position-presets.ts'
import { planColumn } from './column-plan.ts'
import type { ColumnPlan } from './column-plan.ts'
import { folderColumns } from './folder-columns.ts'
import type { HistoryFile } from './pin.ts'

/** The position columns of one file. */
export interface PositionPlan {
  readonly partition: ColumnPlan
  readonly offset: ColumnPlan
  /** null where the file doesn't carry log times. */
  readonly time: ColumnPlan | null
  /** null where the file doesn't carry the topic. */
  readonly topic: ColumnPlan | null
}

/** What the caller said: names, nothing (the names of Headwater's archives, if all files have them), or not to look. */
export type PositionOption = PositionColumns | PositionPreset | false | undefined

/** The columns of a history's positions, and which preset they are of. */
export interface PositionNames {
  readonly columns: PositionColumns
  readonly preset: PositionPreset | null
}

/**
 * The names of the position columns, null where the history carries none.
 * Errors: `invalid` `mixed-positions`: some files have the columns of an archive and some not.
 */
export function positionNames(files: readonly HistoryFile[], option: PositionOption): PositionNames | null {
  if (option === false || option === 'kafka-connect') return null
  if (typeof option === 'object') return { columns: option, preset: null }
  if (option !== undefined) return { columns: presetColumns[option], preset: option }
  for (const preset of detectedPresets) {
    if (isDetected(files, presetColumns[preset])) return { columns: presetColumns[preset], preset }
  }
  return null
}

function isDetected(files: readonly HistoryFile[], { partition, offset }: PositionColumns): boolean {
  const without = files.filter(file => !(hasColumn(file, partition) && hasColumn(file, offset)))
  if (without.length === files.length) return false
  if (without.length === 0) return true
  throw invalid({
    code: 'mixed-positions',
    thing: without[0]!.pinned.path,
    expected: `columns ${partition} and ${offset}, as in ${files.length - without.length} of the ${files.length} files`,
    found: `${without.length} files without them`,
    remedy: 'read archives and other files apart, or say position: false to read them all without positions',
  })
}

/**
 * The position columns of one file. Log times and topics are optional in archives (some files may lack them) and required where
 * the caller named them. Errors: those of `planColumn`.
 */
export function planPositions(
  file: HistoryFile,
  names: PositionColumns,
  option: PositionOption,
): PositionPlan {
  const named = typeof option === 'object'
  const time = names.time !== undefined && (named || hasColumn(file, names.time)) ? names.time : null
  const topic = names.topic !== undefined && (named || hasText(file, names.topic)) ? names.topic : null
  return {
    partition: planColumn(file, partitionField, names.partition),
    offset: planColumn(file, offsetField, names.offset),
    time: time === null ? null : planColumn(file, timeField(file, time), time),
    topic: topic === null ? null : planColumn(file, topicField, topic),
  }
}

const partitionField: Field = { name: 'position.partition', type: { kind: 'int32' } }
const offsetField: Field = { name: 'position.offset', type: { kind: 'safeInt64' } }

const topicField: Field = { name: 'position.topic', type: { kind: 'optional', of: { kind: 'string' } } }

/** Log times are taken in the file's own unit: a fraction of a millisecond is no reason to refuse one. Whole numbers are milliseconds. */
function timeField(file: HistoryFile, name: string): Field {
  const type = file.footer.columns.find(column => column.name === name)?.type
  if (type?.kind === 'int') return { name: 'position.time', type: { kind: 'safeInt64' } }
  const unit = type?.kind === 'timestamp' ? type.unit : 'us'
  return { name: 'position.time', type: { kind: 'timestamp', unit } }
}

function hasColumn(file: HistoryFile, name: string): boolean {
  return file.footer.columns.some(column => column.name === name) || folderColumns(file.pinned.path).has(name)
}

/** A number of that name is no topic. */
function hasText(file: HistoryFile, name: string): boolean {
  const [column] = file.footer.columns.filter(each => each.name === name)
  return column === undefined ? hasColumn(file, name) : column.type.kind === 'string'
}
