/** Plans a history of Parquet files: finds, pins and checks them all; rows are read later, from the plan. */
import { systemClock } from '../../clock.ts'
import type { HistoryPlan, HistoryRequest } from '../history.ts'
import { planFiles } from './file-plan.ts'
import { findFiles } from './find-files.ts'
import type { ParquetOptions } from './parquet-options.ts'
import { pinFile } from './pin.ts'
import type { HistoryFile } from './pin.ts'
import { positionNames } from './position-plan.ts'
import { scan } from './scan.ts'

const defaultDeadlineMs = 60_000

/** Errors: those of `parquet`. */
export async function planHistory(
  patterns: readonly string[],
  options: ParquetOptions,
  request: HistoryRequest,
): Promise<HistoryPlan> {
  const {
    columns = {},
    position,
    decodeDeadlineMs: deadlineMs = defaultDeadlineMs,
    cwd = process.cwd(),
  } = options
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
