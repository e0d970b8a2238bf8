/** From decoded batches of a file to batches of the history: declared types, schema names, positions as numbers. */
import { badData, type HeadwaterError } from '../../errors.ts'
import type { HistoryBatch } from '../history.ts'
import { columnMaker, placeOf } from './column-maker.ts'
import type { DecodedBatch, ReportMisfit } from './column-maker.ts'
import type { FileNamePositions } from './file-name-positions.ts'
import type { FilePlan } from './file-plan.ts'
import type { PositionPlan } from './position-plan.ts'
import type { OneTopic } from './one-topic.ts'
import { rawRows, type RestoreRaw } from './raw-rows.ts'
import { logTimesOf, offsetsOf, partitionsOf } from './position-values.ts'

/** Makes the batches of one file. Errors: those of `columnMaker`, and `data` `bad-position`. */
export function batchMaker(
  { index, columns, positions, raw, reportMisfits }: FilePlan,
  oneTopic: OneTopic,
): (batch: DecodedBatch) => HistoryBatch {
  const makers = columns.map(plan => [plan.field.name, columnMaker(plan)] as const)
  const restored = raw ? rawRows(columns, raw) : sameColumns
  const placed = positions ? positionsMaker(positions, oneTopic) : () => noPositions
  return batch => {
    const { rowGroup, firstRow, length } = batch
    const misfits = new Map<number, HeadwaterError>()
    const report: ReportMisfit = (row, error) => {
      if (!misfits.has(row)) misfits.set(row, error)
    }
    const read = new Map(makers.map(([name, make]) => [name, make(batch, reportMisfits ? report : null)]))
    const fields = restored(batch, read, report)
    const made = { file: index, rowGroup, firstRow, batch: { length, columns: fields }, ...placed(batch) }
    return misfits.size === 0 ? made : { ...made, misfits }
  }
}

const sameColumns: RestoreRaw = (_, columns) => columns

type Positions = Pick<HistoryBatch, 'partitions' | 'offsets' | 'logTimes'>

const noPositions: Positions = { partitions: null, offsets: null, logTimes: null }

function positionsMaker(
  positions: PositionPlan | FileNamePositions,
  oneTopic: OneTopic,
): (batch: DecodedBatch) => Positions {
  return 'firstOffsets' in positions ? namedMaker(positions) : positionMaker(positions, oneTopic)
}

/** A row's offset is that of its row group's first row + its number in it. */
function namedMaker({ partition, firstOffsets }: FileNamePositions): (batch: DecodedBatch) => Positions {
  return ({ rowGroup, firstRow, length }) => {
    const first = (firstOffsets[rowGroup] as number) + firstRow
    return {
      partitions: new Int32Array(length).fill(partition),
      offsets: Float64Array.from({ length }, (_, i) => first + i),
      logTimes: null,
    }
  }
}

function positionMaker(
  { partition, offset, time, topic }: PositionPlan,
  oneTopic: OneTopic,
): (batch: DecodedBatch) => Positions {
  const [makePartition, makeOffset] = [columnMaker(partition), columnMaker(offset)]
  const makeTime = time && columnMaker(time)
  const makeTopic = topic && columnMaker(topic)
  return batch => {
    if (makeTopic) oneTopic.check(makeTopic(batch, null), row => placeOf(batch, row, 'position.topic'))
    return {
      partitions: partitionsOf(makePartition(batch, null), badPosition(batch, partition.field.name)),
      offsets: offsetsOf(makeOffset(batch, null), badPosition(batch, offset.field.name)),
      logTimes: makeTime && logTimesOf(makeTime(batch, null)),
    }
  }
}

function badPosition(batch: DecodedBatch, name: string): (row: number, found: string) => never {
  return (row, found) => {
    const remedy = 'write the archive again, or say position: false to read it without positions'
    const expected = 'a whole number from 0'
    throw badData({ code: 'bad-position', thing: placeOf(batch, row, name), expected, found, remedy })
  }
}
