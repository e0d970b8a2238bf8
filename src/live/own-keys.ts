/**
 * Whether the records that a task reads are its own, by their message keys. Tasks write the keys of their partitions without
 * knowing of each other, so a key that a producer put into another task's partition would be written by both: the task stops
 * before it (TASKS.md, K4). It may have been put there by a producer that knows another number of partitions.
 */
import { partitionerFunction, partitionerName, type PartitionerFunction } from '../codec/partitioner.ts'
import { badData, type HeadwaterError } from '../errors.ts'
import type { JobGraph } from '../job/graph.ts'
import type { LogBatch, LogRecord } from '../source/log.ts'
import type { TaskPlace } from './tasks.ts'

/** A batch up to a record that is not in its key's partition. */
export interface CutBatch {
  /** The records before it; the position after them is its own. */
  readonly before: LogBatch
  /** It, and what follows. */
  readonly rest: LogBatch
  /** `data`, codes `misplaced-key` and `no-message-key`; null where its key's partition is the task's too. */
  readonly error: HeadwaterError | null
}

/** Of one source: where its keys belong. */
interface Division {
  readonly partitionOf: PartitionerFunction
  readonly partitioner: string
  readonly count: number
  /** Not told any more of keys in other partitions of the task: the source grew, or its keys are where they are. */
  isLoose: boolean
}

/** The keys of one task. */
export class OwnKeys {
  readonly #divisions: ReadonlyMap<string, Division>
  readonly #index: number
  readonly #count: number

  constructor(
    graph: JobGraph,
    { index, count, generation }: Pick<TaskPlace, 'index' | 'count' | 'generation'>,
  ) {
    this.#index = index
    this.#count = count
    this.#divisions = new Map(
      graph.sources.map(({ name, partitioner }) => {
        const { partitions = [], growths = [] } =
          generation.sources.find(source => source.name === name) ?? {}
        return [
          name,
          {
            partitionOf: partitionerFunction(partitioner),
            partitioner: partitionerName(partitioner),
            count: partitions.length,
            isLoose: growths.length > 0,
          },
        ]
      }),
    )
  }

  /** Null where all records of the batch are the task's; the first that is in another partition of the task is told of once. */
  cut(source: string, batch: LogBatch): CutBatch | null {
    const division = this.#divisions.get(source) as Division
    const { records } = batch
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as LogRecord
      const place = placeOf(division, record.key)
      if (place === batch.partition) continue
      const isOwn = place !== null && place % this.#count === this.#index
      if (isOwn && division.isLoose) continue
      division.isLoose ||= isOwn
      const before = { ...batch, records: records.slice(0, i), next: record.offset }
      const rest = { ...batch, records: records.slice(i) }
      return {
        before,
        rest,
        error: isOwn
          ? null
          : this.#error(division, place, record, `source ${source} partition ${batch.partition}`),
      }
    }
    return null
  }

  #error(
    { partitioner, count }: Division,
    place: number | null,
    { offset, key }: LogRecord,
    where: string,
  ): HeadwaterError {
    const tasks = this.#count
    const remedy = `run the job with one task until that record is read, then with several; a checkpoint was taken before it`
    if (place === null) {
      const expected = 'a message key, which says whose record it is'
      return badData({
        code: 'no-message-key',
        thing: `${where} offset ${offset}`,
        expected,
        found: 'none',
        remedy,
      })
    }
    return badData({
      code: 'misplaced-key',
      thing: `${where} offset ${offset}: message key ${JSON.stringify(key)}`,
      expected: `a key of task ${this.#index}/${tasks}, by ${partitioner} over ${count} partitions`,
      found: `one of partition ${place}, which is task ${place % tasks}/${tasks}'s: who wrote it knows another number of partitions, or another partitioner`,
      remedy,
    })
  }
}

/** Null where there is no key, or none that a partitioner takes. */
function placeOf({ partitionOf, count }: Division, key: unknown): number | null {
  if (key === null || key === undefined) return null
  try {
    return partitionOf(key, count)
  } catch {
    return null
  }
}
