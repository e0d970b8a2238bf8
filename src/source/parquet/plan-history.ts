/** Plans a history of Parquet files: finds, pins and checks them all; rows are read later, from the plan. */
import { systemClock } from '../../clock.ts'
import type { HistoryPlan, HistoryRequest } from '../history.ts'
import { planFiles } from './file-plan.ts'
import { positionsText } from '../position-presets.ts'
import { fileNamePositions } from './file-name-positions.ts'
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
  const found = await pinFiles(await findFiles(patterns, cwd), cwd)
  const byName = position === 'kafka-connect' ? fileNamePositions(found) : null
  const files = byName === null ? found : byName.map(([file]) => file)
  const names = positionNames(files, position)
  const planned = planFiles(files, request, columns, names?.columns ?? null, position)
  const plans = byName === null ? planned : planned.map((plan, i) => ({ ...plan, positions: byName[i]![1] }))
  const positionsFrom = byName === null ? names && (names.preset ?? names.columns) : 'kafka-connect'
  return {
    files: files.map(file => file.pinned),
    rows: files.reduce((sum, file) => sum + file.pinned.rows, 0),
    positioned: positionsFrom !== null,
    ...(positionsFrom !== null && { positionsFrom: positionsText(positionsFrom) }),
    read: signal => scan(plans, { clock: systemClock, deadlineMs, signal }),
  }
}

async function pinFiles(paths: readonly string[], cwd: string): Promise<HistoryFile[]> {
  const seen = new Map<string, string>()
  const files: HistoryFile[] = []
  for (const path of paths) files.push(await pinFile(path, cwd, seen))
  return files
}
