/** Parquet files as a source's history. */
import { systemClock } from '../clock.ts'
import type { History, HistoryPlan, HistoryRequest, PositionColumns } from './history.ts'
import { planFiles } from './parquet/file-plan.ts'
import type { ColumnMapping } from './parquet/file-plan.ts'
import { findFiles } from './parquet/find-files.ts'
import { pinFile } from './parquet/pin.ts'
import type { HistoryFile } from './parquet/pin.ts'
import { positionNames } from './parquet/position-plan.ts'
import { scan } from './parquet/scan.ts'

/** How Parquet files are read. */
export interface ParquetOptions {
  /** The files' column for a field of the schema, where it has another name: `{ customer: 'CustomerID' }`. */
  readonly columns?: ColumnMapping
  /**
   * The columns with log positions. Default: those of Headwater's archives (`_partition`, `_offset`, `_time`) when all
   * files have them; `false` reads without positions.
   */
  readonly position?: PositionColumns | false
  /** How long one piece of a file (at most about three million rows) may take to decode. Default 60,000 ms, and more for its size. */
  readonly decodeDeadlineMs?: number
  /** What relative patterns are relative to. Default: the working directory when the files are looked for. */
  readonly cwd?: string
}

/**
 * The Parquet files that match, as a history: `parquet('history/2011-*.parquet')`. Patterns know `*`, `**`, `?`, `[..]`,
 * `{a,b}` and `!not`; a folder stands for all `.parquet` files below it, and folders like `month=2011-10/` give their
 * files a column. Files are ordered by path, segment by segment. Values are taken exactly or refused.
 * Errors, when planned: `invalid` `empty-glob`, `missing-column`, `column-type`, `mixed-positions`, `duplicate-file`;
 * `data` `not-parquet`, `truncated-file`, `corrupt-file`; `unavailable` `unreadable-file`. When read: `data`
 * `corrupt-file`, `inexact-value`, `bad-position`; `conflict` `file-changed`; `unavailable` `unreadable-file`.
 */
export function parquet(pattern: string | readonly string[], options: ParquetOptions = {}): History {
  const patterns = typeof pattern === 'string' ? [pattern] : pattern
  return { name: patterns.join(' '), plan: request => planHistory(patterns, options, request) }
}

async function planHistory(
  patterns: readonly string[],
  options: ParquetOptions,
  request: HistoryRequest,
): Promise<HistoryPlan> {
  const { columns = {}, position, decodeDeadlineMs: deadlineMs = 60_000, cwd = process.cwd() } = options
  const files = await pinFiles(await findFiles(patterns, cwd), cwd)
  const names = positionNames(files, position)
  const plans = planFiles(files, request, columns, names, position)
  return {
    files: files.map(file => file.pinned),
    rows: files.reduce((sum, file) => sum + file.pinned.rows, 0),
    positioned: names !== null,
    read: signal => scan(plans, { clock: systemClock, deadlineMs, signal }),
  }
}

async function pinFiles(paths: readonly string[], cwd: string): Promise<HistoryFile[]> {
  const seen = new Map<string, string>()
  const files: HistoryFile[] = []
  for (const path of paths) files.push(await pinFile(path, cwd, seen))
  return files
}
