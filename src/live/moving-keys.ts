/**
 * After a source grew, its partitions may hold records of keys that belong to others by now. One task reads them as they
 * come. Several can't: a key would be written by two of them. So a start of several looks at the message keys of what is
 * still to be read, up to where partitions ended when the growth was taken in, and is refused where a key is another
 * task's. What a producer with an old number of partitions writes later is found while it is read (own-keys.ts).
 */
import { partitionerFunction } from '../codec/partitioner.ts'
import { HeadwaterError, invalid, unavailable } from '../errors.ts'
import type { SourcePlan } from '../handoff/handoff.ts'
import type { JobGraph } from '../job/graph.ts'
import { isDividedSo } from '../record/grown-clock.ts'
import type { Offset, PartitionPositions } from '../record/position.ts'
import type { Log, LogBatch } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import type { PlannedStart } from './planned-start.ts'
import { noKey, wrongPartitioner } from './partitioner-check.ts'
import type { RunSettings } from './run-settings.ts'
import type { TaskOption } from './tasks.ts'

/**
 * Of records their keys alone are read. Errors: `invalid`, codes `keys-still-moving`, `wrong-partitioner`, `no-message-key`; `unavailable`,
 * code `stopped`, where the signal aborts before it knows; those of reading.
 */
export async function refuseMovingKeys(
  graph: JobGraph,
  { logs, signal }: Pick<RunSettings, 'logs' | 'signal'>,
  { plan }: PlannedStart,
  task: TaskOption,
): Promise<void> {
  for (const source of graph.sources) {
    const planned = plan.sources.find(each => each.source === source.name)
    const log = logs.get(source.name)
    if (planned === undefined || log === undefined) continue
    const found = await movedKeys(source, log, planned, task, signal)
    if (found.length > 0) throw stillMoving(source, found, task)
  }
}

/** What one partition holds of keys that are another task's. */
interface MovedKeys {
  readonly partition: number
  readonly records: number
  /** Of the first. */
  readonly offset: Offset
  readonly key: unknown
  readonly belongsTo: number
}

async function movedKeys(
  source: Source,
  log: Log,
  planned: SourcePlan,
  { count: tasks }: TaskOption,
  signal: AbortSignal | null,
): Promise<readonly MovedKeys[]> {
  const ends = grownEnds(planned)
  const open = planned.partitions.filter(({ partition, next }) => (next ?? 0) < (ends.get(partition) ?? 0))
  if (open.length === 0) return []
  const range = {
    from: new Map(open.map(({ partition, next }) => [partition, next ?? 0])),
    until: new Map(open.map(({ partition }) => [partition, ends.get(partition) ?? 0])),
    needs: { fields: [], keys: true },
    ...(signal && { signal }),
  }
  const placeOf = placesBy(source, planned)
  const found = new Map<number, MovedKeys>()
  for await (const batch of log.read(range)) {
    for (const { offset, key, place } of placeOf(batch)) {
      const { partition } = batch
      if (place % tasks === partition % tasks) continue
      const before = found.get(partition) ?? { partition, records: 0, offset, key, belongsTo: place }
      found.set(partition, { ...before, records: before.records + 1 })
    }
  }
  if (signal?.aborted === true)
    throw signal.reason instanceof HeadwaterError ? signal.reason : stopped(source)
  return [...found.values()].sort((a, b) => a.partition - b.partition)
}

/** Where each partition ended when the source grew the last time; no further than the log now has. */
function grownEnds({ growths = [], partitions }: SourcePlan): PartitionPositions {
  const last = growths.at(-1)?.partitions ?? []
  const ends = new Map<number, Offset>(last.map(({ partition, end }) => [partition, end]))
  for (const { partition, latest } of partitions) {
    const end = ends.get(partition)
    if (end !== undefined && latest !== null) ends.set(partition, Math.min(end, latest))
  }
  return ends
}

type Placed = (
  batch: LogBatch,
) => Iterable<{ readonly offset: Offset; readonly key: unknown; readonly place: number }>

/** Where the keys of a batch belong now. That is where they are, or one of the former divisions put them there. */
function placesBy(source: Source, { growths = [], partitions }: SourcePlan): Placed {
  const partitionOf = partitionerFunction(source.partitioner)
  const count = partitions.length
  return function* ({ partition, records }) {
    for (const { offset, key } of records) {
      const where = `source ${source.name} partition ${partition} offset ${offset}`
      if (key === null || key === undefined) throw noKey(where)
      const place = partitionOf(key, count)
      if (!isDividedSo(partitionOf, key, partition, growths[0]?.count ?? count, count))
        throw wrongPartitioner(source, where, key, place, partition)
      yield { offset, key, place }
    }
  }
}

function stopped({ name }: Source): HeadwaterError {
  return unavailable({
    code: 'stopped',
    thing: `source ${name}`,
    expected: 'to look at the keys of what is still to be read since it grew',
    found: 'it was told to stop before that was done',
    remedy: 'nothing was changed: start again',
  })
}

function stillMoving({ name }: Source, found: readonly MovedKeys[], { count }: TaskOption): HeadwaterError {
  const texts = found.map(
    ({ partition, records, offset, key, belongsTo }) =>
      `partition ${partition} has ${records} record${records === 1 ? '' : 's'} of keys that moved, the first at offset ${offset} with key ${JSON.stringify(key)}, which belongs to partition ${belongsTo}`,
  )
  return invalid({
    code: 'keys-still-moving',
    thing: `source ${name}`,
    expected: `nothing to be read in partitions of one of ${count} tasks whose key is another's since the topic grew`,
    found: texts.join('; '),
    remedy:
      'run the job with one task until they are read (without --task and --workers, with --until-end), then with several',
  })
}
