/**
 * A job's stages while it runs: takes one batch of one log after the other through intake, stages and sinks. Between two
 * batches everything is at rest: no row waits, no emission is under way, and a checkpoint may be taken (L3).
 */
import type { JobGraph } from '../job/graph.ts'
import type { SourceTimes } from '../record/stage-clock.ts'
import type { SourceGrowth } from '../savepoint/handoff-facts.ts'
import type { LogBatch } from '../source/log.ts'
import type { Source } from '../source/source.ts'
import { Delivery } from './delivery.ts'
import type { Flow } from './flow.ts'
import { grownClock } from './grown-source.ts'
import { Intake, type DecodeRecord } from './intake.ts'
import { LiveTable, type FindStored } from './live-table.ts'
import { Origins } from './origins.ts'
import type { Overlap } from './overlap.ts'
import type { Positions } from './positions.ts'
import type { Outlets } from './outlets.ts'
import { RowBuffer } from './row-buffer.ts'
import { StageRunner } from './stage-runner.ts'
import type { JobTimes } from './times.ts'

/** What a live job is made of. */
export interface LiveJobParts {
  readonly graph: JobGraph
  readonly flow: Flow
  readonly times: JobTimes
  readonly outlets: Outlets
  readonly stored: FindStored
  /** By source name. */
  readonly decoders: ReadonlyMap<string, DecodeRecord>
  /** By source name: those that the run begins in. */
  readonly overlaps?: ReadonlyMap<string, Overlap>
}

/** The running stages of a job. */
export class LiveJob {
  readonly graph: JobGraph
  readonly times: JobTimes
  readonly stages: readonly StageRunner[]
  readonly intakes: ReadonlyMap<string, Intake>
  readonly delivery: Delivery
  readonly #outlets: Outlets
  readonly #overlaps: Map<string, Overlap>

  constructor({ graph, flow, times, outlets, stored, decoders, overlaps = new Map() }: LiveJobParts) {
    this.graph = graph
    this.times = times
    this.#outlets = outlets
    this.#overlaps = new Map(overlaps)
    const origins = new Origins(times.clocks)
    const buffers = flow.stages.map((_, i) => new RowBuffer(origins, times.clockOfStage[i] as number))
    this.delivery = new Delivery(flow, buffers, outlets, origins)
    this.stages = flow.stages.map((stage, i) => {
      const settings = { keyGroups: graph.keyGroups, onePartition: stage.perPartition }
      const table = new LiveTable(stage.stage.operators, stage.codec, settings, stored)
      return new StageRunner(stage, table, buffers[i] as RowBuffer, this.delivery.deliverOf(i))
    })
    this.intakes = new Map(
      graph.sources.map(source => {
        const decode = decoders.get(source.name) as DecodeRecord
        const context = { times, origins, delivery: this.delivery, overlaps }
        return [source.name, new Intake(source, flow.bySource.get(source.name) ?? [], decode, context)]
      }),
    )
  }

  /** A source got partitions while it is read by its key: clocks and checks go by what is known of that. */
  grow(source: Source, growths: readonly SourceGrowth[], count: number): void {
    const times = this.times.sources.get(source.name) as SourceTimes
    times.grown = grownClock(source, times, growths, count)
    for (const { flow, table } of this.stages) if (flow.sources.includes(source.name)) table.letKeysMove()
  }

  /**
   * Applies a batch and hands what it led to to the sinks. After an error the job can't go on: rows of the batch may
   * have been applied. Errors: those of operators, of bad records, of reading entries, of sinks.
   */
  async apply(source: string, batch: LogBatch): Promise<void> {
    ;(this.intakes.get(source) as Intake).take(batch)
    for (const stage of this.stages) {
      const applying = stage.apply()
      if (applying !== null) await applying
    }
    const flushing = this.#outlets.flush()
    if (flushing !== null) await flushing
  }

  /** Goes on without the overlaps that are passed at these positions, and returns their sources. */
  passOverlaps(positions: Pick<Positions, 'of'>): readonly string[] {
    const passed = [...this.#overlaps.values()].filter(overlap =>
      overlap.isPassedAt(positions.of(overlap.source)),
    )
    for (const { source } of passed) {
      this.#overlaps.delete(source)
      this.intakes.get(source)?.passOverlap()
    }
    return passed.map(({ source }) => source)
  }

  /** Bad records that wait to be written. */
  get keptRecords(): number {
    return [...this.intakes.values()].reduce((sum, { bad }) => sum + bad.waiting, 0)
  }

  /** Keys in memory, over all stages. */
  get residentKeys(): number {
    return this.stages.reduce((sum, { table }) => sum + table.size, 0)
  }
}
