/**
 * The loop of a live run: one batch after the other, a checkpoint when it is time (R2), a report now and then. Time is
 * looked at between batches; a ticker only wakes a loop that waits for records.
 */
import { hasCode, unavailable } from '../errors.ts'
import type { Log, LogBatch, LogDescription } from '../source/log.ts'
import type { PartitionPositions } from '../record/position.ts'
import { describeAnswering } from './describe-logs.ts'
import type { RunProgress, RunResult } from './live.ts'
import { BeginAgain } from './begin-again.ts'
import { Growth, type NewPartition } from './growth.ts'
import { LogFeed } from './log-feed.ts'
import type { OpenRun } from './open-run.ts'
import { runProgress } from './progress.ts'
import type { RunSettings } from './run-settings.ts'

/** Bad records that are kept in memory until the next checkpoint. */
const mostKeptRecords = 10_000

/** How often logs are asked for new partitions where nobody wants to see progress. */
const lookEveryMs = 10_000

/** Reads, applies and checkpoints until it is stopped. */
export class LiveLoop {
  readonly #run: OpenRun
  readonly #settings: RunSettings
  readonly #feed: LogFeed
  readonly #stop = new AbortController()
  readonly #beganMs: number
  readonly #ticking: Promise<void>
  #logs: ReadonlyMap<string, LogDescription>
  #describing: Promise<void> | null = null
  #checkpointAtMs: number
  #reportAtMs: number
  #answered = false
  #changed = false
  readonly #growth: Growth

  /** Begins to read. `logs`: as they stood when the plan was made; where they end, `untilEnd` ends. */
  constructor(run: OpenRun, settings: RunSettings, logs: ReadonlyMap<string, LogDescription>) {
    const { clock, checkpointEveryMs, progressEveryMs, signal } = settings
    this.#run = run
    this.#settings = settings
    this.#logs = logs
    this.#growth = new Growth(run.job.graph, settings.flags, run.generation)
    this.#beganMs = clock.monotonicMs()
    this.#checkpointAtMs = this.#beganMs + checkpointEveryMs
    this.#reportAtMs = this.#beganMs + (settings.onProgress === null ? lookEveryMs : progressEveryMs)
    this.#feed = new LogFeed(this.#reads(logs))
    signal?.addEventListener('abort', this.#onAbort)
    if (signal?.aborted) this.#onAbort()
    run.requests.start(() => this.#feed.wake())
    this.#ticking = this.#tick()
  }

  /** Runs until every log is at its end, or the signal or a request stops it. Throws what a batch, a checkpoint or a log throws. */
  async untilStopped(): Promise<RunResult['reason']> {
    const { signal } = this.#settings
    while (!this.#feed.ended) {
      const arrival = await this.#feed.next()
      if (signal?.aborted) return 'stopped'
      if (arrival !== null) {
        const { source, batch } = arrival
        this.#run.warnings.worked('reading')
        await this.#take(source, batch)
      }
      if (await this.#isAskedToStop()) return 'stopped'
      await this.#whatIsDue()
    }
    return signal?.aborted === true ? 'stopped' : 'end'
  }

  /** `logs`: as they stood a moment ago, where that is known. */
  progress(logs: ReadonlyMap<string, LogDescription> = this.#logs): RunProgress {
    const { job, positions, store, warnings } = this.#run
    const elapsedMs = this.#settings.clock.monotonicMs() - this.#beganMs
    return runProgress({
      job,
      positions,
      checkpoint: store.newestNumber,
      elapsedMs,
      logs,
      warnings,
    })
  }

  /** Ends reading; may be called twice. A log that does not answer is not waited for: it is told when it is closed. */
  async close(): Promise<void> {
    this.#settings.signal?.removeEventListener('abort', this.#onAbort)
    this.#stop.abort()
    await this.#feed.close()
    await this.#run.requests.close()
    await this.#ticking
  }

  readonly #onAbort = (): void => {
    this.#stop.abort()
    this.#feed.wake()
  }

  #reads(logs: ReadonlyMap<string, LogDescription>): ReadonlyMap<string, AsyncIterable<LogBatch>> {
    const { untilEnd, logs: sources } = this.#settings
    const reads = [...sources.keys()].map(source => {
      const until = untilEnd ? { until: endsOf(logs.get(source)) } : {}
      return [source, this.#read(source, new Map(this.#run.positions.of(source)), until)] as const
    })
    return new Map(reads)
  }

  #read(
    source: string,
    from: PartitionPositions,
    until: { readonly until?: PartitionPositions } = {},
  ): AsyncIterable<LogBatch> {
    const { maxBatchRecords, logs, task } = this.#settings
    const { job, positions } = this.#run
    const fields = job.intakes.get(source)?.fields ?? null
    const onWarning = (text: string): void => {
      const trouble = unavailable({ code: 'log-trouble', thing: `source ${source}: ${text}` })
      this.#run.warnings.failed('reading', trouble)
    }
    const signal = this.#stop.signal
    return (logs.get(source) as Log).read({
      from,
      ...until,
      ...(fields && { needs: { fields, keys: task !== null || this.#growth.needsKeys(source, positions) } }),
      maxBatchRecords,
      signal,
      onWarning,
    })
  }

  async #whatIsDue(): Promise<void> {
    const { clock, checkpointEveryMs } = this.#settings
    const now = clock.monotonicMs()
    this.#run.warnings.check()
    if (now >= this.#reportAtMs) this.#askLogs(now)
    if (this.#answered) {
      this.#settings.onProgress?.(this.progress())
      await this.#grow()
    }
    this.#answered = false
    const isDue = this.#changed && (now >= this.#checkpointAtMs || this.#isFull())
    if (!isDue && this.#run.requests.pending.length === 0) return
    await this.#run.checkpointer.checkpoint()
    this.#changed = false
    this.#checkpointAtMs = clock.monotonicMs() + checkpointEveryMs
  }

  async #take(source: string, batch: LogBatch): Promise<void> {
    const cut = this.#run.ownKeys?.cut(source, batch) ?? null
    await this.#apply(source, cut?.before ?? batch)
    if (cut === null) return
    const grown = await this.#grownMeanwhile()
    const error = grown === null ? cut.error : this.#growth.refusal(grown)
    if (error === null) return this.#take(source, cut.rest)
    await this.#run.checkpointer.checkpoint()
    this.#changed = false
    throw error
  }

  async #apply(source: string, batch: LogBatch): Promise<void> {
    this.#run.positions.check(source, batch)
    await this.#run.job.apply(source, batch).catch(async error => this.#explainMoved(error))
    this.#run.positions.advance(source, batch)
    this.#changed = true
  }

  /** A key in two partitions may be the first that is heard of a growth. */
  async #explainMoved(error: unknown): Promise<never> {
    if (!hasCode(error, 'not-partitioned-by-key')) throw error
    const grown = await this.#grownMeanwhile()
    if (grown === null) throw error
    throw this.#growth.refusal(grown) ?? new BeginAgain(error)
  }

  async #grownMeanwhile(): Promise<NewPartition | null> {
    this.#logs = await describeAnswering(this.#settings.logs)
    return this.#growth.found(this.#logs, this.#run.positions)[0] ?? null
  }

  async #isAskedToStop(): Promise<boolean> {
    const { requests } = this.#run
    return requests.pending.some(({ kind }) => kind === 'stop') && requests.isStopAsked()
  }

  /** Memory is bounded: what only a checkpoint lets go does not wait for the time of the next one. */
  #isFull(): boolean {
    const { job } = this.#run
    const { maxResidentKeys, maxBatchRecords } = this.#settings
    const mostKeys = 2 * maxResidentKeys + maxBatchRecords
    return job.stages.some(({ table }) => table.size > mostKeys) || job.keptRecords > mostKeptRecords
  }

  /** Takes partitions in that came since, or stops for them. Tasks, which read by key, all stop: the next start divides anew. */
  async #grow(): Promise<void> {
    const { untilEnd } = this.#settings
    const { positions, checkpointer } = this.#run
    const found = untilEnd ? [] : this.#growth.found(this.#logs, positions)
    if (found.length === 0) return
    const refusal = found.map(each => this.#growth.refusal(each)).find(each => each !== null)
    if (!refusal) {
      this.#growth.take(found, this.#logs, positions, this.#run.job)
      for (const { source, partition } of found)
        this.#feed.add(source, this.#read(source, new Map([[partition, 0]])))
    }
    await checkpointer.checkpoint()
    this.#changed = false
    if (refusal) throw refusal
  }

  /** Asks the logs for their ends, beside the work; the report comes once they have answered, or without when that is long. */
  #askLogs(now: number): void {
    const { onProgress, progressEveryMs, logs } = this.#settings
    this.#reportAtMs = now + (onProgress === null ? lookEveryMs : progressEveryMs)
    if (this.#describing !== null) return onProgress?.(this.progress(new Map()))
    this.#describing = describeAnswering(logs).then(described => {
      this.#describing = null
      this.#logs = described
      this.#answered = true
      this.#feed.wake()
    })
  }

  /** Wakes the loop when a checkpoint or a report may be due while no records come. */
  async #tick(): Promise<void> {
    const { clock, checkpointEveryMs, progressEveryMs, onProgress } = this.#settings
    const { signal } = this.#stop
    const everyMs = Math.min(
      checkpointEveryMs || Infinity,
      onProgress === null ? lookEveryMs : progressEveryMs,
    )
    while (!signal.aborted) {
      await clock.sleep(everyMs, signal)
      this.#feed.wake()
    }
  }
}

function endsOf(log: LogDescription | undefined): PartitionPositions {
  return new Map(log?.partitions.map(({ partition, latest }) => [partition, latest]))
}
