/** Test help: what becomes of many files, good and bad, read one after another with as few decode threads as possible. */
import { systemClock } from '../../../src/clock.ts'
import { HeadwaterError } from '../../../src/errors.ts'
import { planFiles } from '../../../src/source/parquet/file-plan.ts'
import type { FilePlan } from '../../../src/source/parquet/file-plan.ts'
import { pinFile } from '../../../src/source/parquet/pin.ts'
import { scan } from '../../../src/source/parquet/scan.ts'
import { naturalFields } from './natural-fields.ts'

/** Rows that were read, or `kind code`, by path. */
export type Outcomes = Map<string, number | string>

/**
 * Reads every readable column of each file. A file whose footer is refused is done; the others are scanned together,
 * and after one fails the scan goes on behind it.
 */
export async function outcomesOf(
  paths: readonly string[],
  cwd: string,
  deadlineMs: number,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map()
  let plans: FilePlan[] = []
  for (const path of paths) {
    try {
      plans.push(await planOfFile(path, cwd, plans.length))
      outcomes.set(path, 0)
    } catch (error) {
      outcomes.set(path, codeOf(error))
    }
  }
  while (plans.length > 0) {
    const done = await scanUntilFailure(plans, outcomes, deadlineMs)
    plans = plans.slice(done).map((plan, index) => ({ ...plan, index }))
  }
  return outcomes
}

async function planOfFile(path: string, cwd: string, index: number): Promise<FilePlan> {
  const file = await pinFile(path, cwd, new Map())
  const fields = naturalFields(file.footer)
  const [plan] = planFiles([file], { source: 'test', fields }, {}, null, false)
  return { ...plan!, index }
}

/** How many of the plans are done, the failed one included. */
async function scanUntilFailure(
  plans: readonly FilePlan[],
  outcomes: Outcomes,
  deadlineMs: number,
): Promise<number> {
  const path = (index: number): string => plans[index]!.file.pinned.path
  try {
    for await (const { file, batch } of scan(plans, { clock: systemClock, deadlineMs, signal: undefined })) {
      outcomes.set(path(file), (outcomes.get(path(file)) as number) + batch.length)
    }
    return plans.length
  } catch (error) {
    const code = codeOf(error)
    const failed = plans.findIndex((_, index) => (error as HeadwaterError).thing.startsWith(path(index)))
    outcomes.set(path(failed), code)
    return failed + 1
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof HeadwaterError)) throw error
  return `${error.kind} ${error.code}`
}
