/**
 * How a job is recognised: by a mark under a symbol that all copies of the library share, never by `instanceof`. A job
 * file may import another copy than the one that runs it.
 */
import { invalid } from '../errors.ts'
import { shown } from '../record/value.ts'
import type { JobGraph } from './graph.ts'
import type { Job } from './job.ts'

/** The version of the graph's form; a copy of the library reads this one and older ones. */
export const jobFormat = 1

/** The property that makes an object a job. */
export const jobBrand: unique symbol = Symbol.for('headwater.job')

/** What stands under the brand. */
export interface JobMark {
  readonly format: number
  readonly graph: JobGraph
}

/** Whether it is a job, of this version of the library or another. */
export function isJob(value: unknown): value is Job {
  return markOf(value) !== null
}

/** The graph of a job; `invalid`, code `not-a-job` or, when a newer library made it, `job-format`. */
export function graphOf(job: Job): JobGraph {
  const mark = markOf(job)
  if (mark === null) {
    const remedy = `a job is what job('…').from(…).keyBy(…).apply(…) gives`
    throw invalid({ code: 'not-a-job', thing: 'job', expected: 'a job', found: shown(job), remedy })
  }
  if (mark.format <= jobFormat) return mark.graph
  throw invalid({
    code: 'job-format',
    thing: `job ${job.name}`,
    expected: `format ${jobFormat} or older`,
    found: `format ${mark.format}`,
    remedy: 'the job was built by a newer headwater than the one that runs it: use one version for both',
  })
}

function markOf(value: unknown): JobMark | null {
  if (typeof value !== 'object' || value === null) return null
  const mark = (value as { readonly [jobBrand]?: unknown })[jobBrand]
  const marked =
    typeof mark === 'object' && mark !== null && 'format' in mark && typeof mark.format === 'number'
  return marked ? (mark as JobMark) : null
}
