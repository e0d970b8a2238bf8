/** Event time of a whole job while it runs live: the partitions of all sources and the clocks of all stages. */
import { jobTimeUnit, noWatermark, type EventTime, type JobTimeUnit, type Watermark } from '../record/event-time.ts'
import { SourceTimes, StageClock } from '../record/stage-clock.ts'
import type { JobGraph } from '../job/graph.ts'
import type { Source } from '../source/source.ts'
import type { StageFlow } from './flow.ts'

/** Milliseconds in the job's unit. */
export function fromMs(ms: number, unit: JobTimeUnit): number {
  return unit === 'ms' ? ms : ms * 1000
}

/** The unit that a job's event times are counted in. */
export function timeUnitOf(graph: JobGraph): JobTimeUnit {
  return jobTimeUnit(graph.sources.flatMap(source => (source.eventTime === null ? [] : [eventTimeType(source)])))
}

/** The type of a source's event time field, which must have one. */
export function eventTimeType(source: Source): Source['schema'][string]['spec'] {
  return (source.schema[source.eventTime as string] as Source['schema'][string]).spec
}

/** All times that checkpoints keep, and that decide what `out.watermark` shows. */
export class JobTimes {
  readonly unit: JobTimeUnit
  readonly sources: ReadonlyMap<string, SourceTimes>
  /** By stage: the index of its clock; stages that the same partitions feed share one. */
  readonly clockOfStage: readonly number[]
  readonly clocks: readonly StageClock[]

  /** `restored`: the clock of each stage in what the run continues. Its partitions' maxima must be in `sources` already. */
  constructor(graph: JobGraph, stages: readonly StageFlow[], sources: ReadonlyMap<string, SourceTimes>, restored: readonly Watermark[]) {
    this.unit = timeUnitOf(graph)
    this.sources = sources
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

  /** The one clock of a stage, as checkpoints keep it. */
  stageClock(stage: number): Watermark {
    return (this.clocks[this.clockOfStage[stage] as number] as StageClock).minimum
  }

  #clock(flow: StageFlow, restored: Watermark): StageClock {
    const times = flow.sources.map(name => this.sources.get(name) as SourceTimes)
    return new StageClock(times, flow.perPartition, restored)
  }
}

/** Empty times of every source. */
export function freshTimes(graph: JobGraph): Map<string, SourceTimes> {
  const unit = timeUnitOf(graph)
  return new Map(graph.sources.map(source => [source.name, new SourceTimes(source.name, fromMs(source.outOfOrdernessMs, unit))]))
}
