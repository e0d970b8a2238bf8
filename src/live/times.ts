/** Event time of a whole job while it runs live: the partitions of all sources and the clocks of all stages. */
import { noWatermark, toEventTime } from '../record/event-time.ts'
import type { EventTime, JobTimeUnit, Watermark } from '../record/event-time.ts'
import type { AnyRecord, Schema } from '../record/record.ts'
import { SourceTimes, StageClock } from '../record/stage-clock.ts'
import { required, type TypeSpec } from '../record/type.ts'
import type { JobGraph } from '../job/graph.ts'
import { fromMs, timeUnitOf } from '../job/time-unit.ts'
import type { Source } from '../source/source.ts'
import type { StageFlow } from './flow.ts'

/** The type of the event time field of a source that has one. */
function eventTimeType(source: Source): TypeSpec {
  return (source.schema[source.eventTime as string] as Schema[string]).spec
}

/** Reads a record's event time in the job's unit, null where the field is null; null for a source without times. */
export function eventTimeReader(
  source: Source,
  unit: JobTimeUnit,
): ((record: AnyRecord) => EventTime | null) | null {
  const { eventTime: name } = source
  if (name === null) return null
  const type = eventTimeType(source)
  const spec = required(type)
  if (spec.kind === 'timestamp' && spec.unit === unit) return record => record[name] as EventTime | null
  return record => {
    const value = record[name] as number | bigint | null
    return value === null ? null : toEventTime(value, type, unit)
  }
}

/** All times that checkpoints keep, and that decide what `out.watermark` shows. */
export class JobTimes {
  readonly unit: JobTimeUnit
  readonly sources: ReadonlyMap<string, SourceTimes>
  /** By stage: the index of its clock; stages that the same partitions feed share one. */
  readonly clockOfStage: readonly number[]
  readonly clocks: readonly StageClock[]
  readonly #stages: readonly StageFlow[]

  /** `restored`: the clock of each stage in what the run continues. Its partitions' maxima must be in `sources` already. */
  constructor(
    graph: JobGraph,
    stages: readonly StageFlow[],
    sources: ReadonlyMap<string, SourceTimes>,
    restored: readonly Watermark[],
  ) {
    this.unit = timeUnitOf(graph)
    this.sources = sources
    this.#stages = stages
    const clocks = new Map<string, { readonly index: number; readonly clock: StageClock }>()
    this.clockOfStage = stages.map((flow, stage) => {
      const start = restored[stage] ?? noWatermark
      const name = JSON.stringify([flow.sources, flow.perPartition, String(start)])
      const found = clocks.get(name) ?? { index: clocks.size, clock: this.#clock(flow, start) }
      clocks.set(name, found)
      return found.index
    })
    this.clocks = [...clocks.values()].map(({ clock }) => clock)
  }

  /** Counts a record's time after it was taken in; clocks that wait for its partition move. */
  advance(times: SourceTimes, partition: number, time: EventTime): void {
    const before = times.watermark(partition)
    if (!times.advance(partition, time)) return
    for (const clock of this.clocks) {
      // A partition that is ahead of a clock is not the one that holds it back.
      if (before <= clock.minimum && clock.isFedBy(times.source)) clock.advanced()
    }
  }

  /**
   * The one clock of a stage, as checkpoints keep it. Where each key has its partition's clock it is their minimum as it
   * stands: no operator sees it, and so it must not depend on how partitions took turns.
   */
  stageClock(stage: number): Watermark {
    const clock = this.clocks[this.clockOfStage[stage] as number] as StageClock
    if (!clock.perPartition) return clock.minimum
    const [only] = this.#stages[stage]?.sources ?? []
    const least = this.sources.get(only as string)?.minimum() ?? Infinity
    return least === Infinity ? noWatermark : least
  }

  #clock(flow: StageFlow, restored: Watermark): StageClock {
    const times = flow.sources.map(name => this.sources.get(name) as SourceTimes)
    return new StageClock(times, flow.perPartition, restored)
  }
}

/** Empty times of every source. */
export function freshTimes(graph: JobGraph): Map<string, SourceTimes> {
  const unit = timeUnitOf(graph)
  return new Map(
    graph.sources.map(source => [
      source.name,
      new SourceTimes(source.name, fromMs(source.outOfOrdernessMs, unit)),
    ]),
  )
}
