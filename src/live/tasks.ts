/**
 * A job that several tasks share (TASKS.md, section 3): which of them this is, where its checkpoints go, and which jobs can
 * be divided at all.
 */
import { invalid, type HeadwaterError } from '../errors.ts'
import type { JobGraph, Stage } from '../job/graph.ts'
import { hasPartitionClocks } from '../job/stage-sources.ts'
import type { CheckpointStore } from '../savepoint/checkpoint-store.ts'
import type { Manifest } from '../savepoint/manifest.ts'
import type { Sink } from '../sink/sink.ts'
import type { LogDescription } from '../source/log.ts'

/** Which of the tasks: partition p of every source belongs to task p mod `count`. */
export interface TaskOption {
  /** From 0. */
  readonly index: number
  /** 1 or more; with 1 the run is as without tasks. */
  readonly count: number
}

/** Where a task is at work. */
export interface TaskPlace extends TaskOption {
  /** Its chain. */
  readonly store: CheckpointStore
  /** The manifest that began the generation. */
  readonly generation: Manifest
  /** The chain had an owner before. */
  readonly rejoins: boolean
}

/** Checks the numbers. Errors: `invalid`, code `bad-option`. */
export function checkedTask(task: TaskOption | undefined): TaskOption | null {
  if (task === undefined) return null
  const { index, count } = task
  const isWhole = Number.isSafeInteger(index) && Number.isSafeInteger(count)
  if (isWhole && count >= 1 && index >= 0 && index < count && count <= 100_000)
    return count === 1 ? null : { index, count }
  throw invalid({
    code: 'bad-option',
    thing: 'run: task',
    expected: 'a number from 0 to below the count of tasks',
    found: `${index} of ${count}`,
  })
}

/** The partitions of one task, of what logs say. */
export function ownPartitions(
  logs: ReadonlyMap<string, LogDescription>,
  { index, count }: TaskOption,
): ReadonlyMap<string, LogDescription> {
  return new Map(
    [...logs].map(([source, log]) => [
      source,
      { ...log, partitions: log.partitions.filter(({ partition }) => partition % count === index) },
    ]),
  )
}

/**
 * Refuses a job whose tasks would need to know of each other. Errors: `invalid`, codes `not-for-tasks`, with the stage or
 * sink and the reason, and `too-many-tasks`.
 */
export function refuseUndividable(
  graph: JobGraph,
  sinks: ReadonlyMap<string, Sink>,
  logs: ReadonlyMap<string, LogDescription>,
  { count }: TaskOption,
): void {
  for (const stage of graph.stages) {
    const reason = whyNot(graph, stage)
    if (reason !== null) throw undividable(`stage ${stage.name}`, count, reason)
  }
  for (const [name, sink] of sinks) {
    if (sink.oneTask === true)
      throw undividable(
        `sink ${name} (${sink.name})`,
        count,
        'a sink that one task alone can write',
        'give it ndjson:DIR/',
      )
  }
  const most = Math.max(...[...logs.values()].map(({ partitions }) => partitions.length))
  if (count <= most) return
  throw invalid({
    code: 'too-many-tasks',
    thing: `job ${graph.name}`,
    expected: `at most ${most} tasks, one a partition`,
    found: String(count),
  })
}

function whyNot(graph: JobGraph, stage: Stage): string | null {
  if (hasPartitionClocks(graph, stage)) return null
  const [from] = stage.inputs.map(each => each.from)
  if (stage.inputs.some(({ from: each }) => 'operator' in each))
    return 'records that another stage puts out: their keys may belong to other tasks'
  if (new Set(stage.inputs.map(({ from: each }) => ('source' in each ? each.source : ''))).size > 1)
    return 'several sources, over whose partitions it has one clock'
  return `source ${from !== undefined && 'source' in from ? from.source : ''}, which does not say partitionedByKey: a key may be in any partition, and the clock is that of all of them`
}

function undividable(thing: string, count: number, found: string, remedy?: string): HeadwaterError {
  return invalid({
    code: 'not-for-tasks',
    thing,
    expected: `what ${count} tasks can do without each other: each stage fed by one source that is partitioned by its key`,
    found,
    remedy: remedy ?? 'run the job with one task',
  })
}
