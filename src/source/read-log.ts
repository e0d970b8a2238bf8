/** Reads any log for people and scripts, from its beginning to its present end unless told otherwise: `headwater log read`. */
import type { PartitionPositions } from '../record/position.ts'
import type { Log, LogBatch } from './log.ts'

/** What to read of a log. */
export interface ReadLogOptions {
  /** Where to start; only these partitions are read. Default: all, from their earliest record. */
  readonly from?: PartitionPositions
  /** Where to stop, exclusive. Default: the end as it is at the start. */
  readonly until?: PartitionPositions
  /** Go on waiting for new records instead of stopping. Default false. */
  readonly follow?: boolean
  /** Stop after so many records. Default: no limit. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

/** Batches of the log; errors as `Log.read`. */
export async function* readLog(
  log: Log,
  options: ReadLogOptions = {},
): AsyncGenerator<LogBatch, void, undefined> {
  const { partitions } = await log.describe()
  const from = options.from ?? new Map(partitions.map(({ partition, earliest }) => [partition, earliest]))
  const latest = new Map(partitions.map(({ partition, latest: end }) => [partition, end]))
  const until = options.follow === true ? undefined : (options.until ?? latest)
  const { signal, limit = Infinity } = options
  let left = limit
  if (left <= 0) return
  for await (const batch of log.read({ from, ...(until && { until }), ...(signal && { signal }) })) {
    const records = batch.records.slice(0, left)
    left -= records.length
    yield records.length === batch.records.length
      ? batch
      : { ...batch, records, next: nextOf(records, batch) }
    if (left <= 0) return
  }
}

function nextOf(records: LogBatch['records'], batch: LogBatch): number {
  const last = records.at(-1)
  return last === undefined ? batch.next : last.offset + 1
}
