/** Which of a module's exports is the job. */
import { invalid } from '../errors.ts'
import { isJob } from './brand.ts'
import type { Job } from './job.ts'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

interface Named {
  readonly name: string
  readonly job: Job
}

/** The job of that name, or the only one; `invalid`, code `no-such-export`, `no-job` or `several-jobs`, listing names. */
export function chooseJob(exports: Exports, wanted: string | null, path: string): Named {
  const jobs = jobsOf(exports)
  if (wanted !== null) return jobNamed(exports, jobs, wanted, path)
  const [first, second] = jobs
  if (first !== undefined && second === undefined) return first
  const found = first === undefined ? listed(Object.keys(exports)) : jobs.map(({ name }) => name).join(', ')
  if (first === undefined) {
    const remedy = `export the job: export const … = job('…').from(…).keyBy(…).apply(…)`
    throw invalid({ code: 'no-job', thing: path, expected: 'an exported job', found, remedy })
  }
  const remedy = `choose one: ${path}#${first.name}`
  throw invalid({ code: 'several-jobs', thing: path, expected: 'one exported job', found, remedy })
}

function jobNamed(exports: Exports, jobs: readonly Named[], wanted: string, path: string): Named {
  const job = Object.hasOwn(exports, wanted) ? exports[wanted] : jobs.find(({ name }) => name === wanted)?.job
  if (isJob(job)) return { name: wanted, job }
  throw invalid({
    code: 'no-such-export',
    thing: `${path}#${wanted}`,
    expected: `an exported job of the name ${wanted}`,
    found:
      jobs.length === 0
        ? listed(Object.keys(exports))
        : `the jobs ${jobs.map(({ name }) => name).join(', ')}`,
  })
}

/** Each job once, by its own name rather than as `default`; a CommonJS module's exports all stand in `default`. */
function jobsOf(exports: Exports): readonly Named[] {
  const { default: main, ...named } = exports
  const jobs: Named[] = []
  for (const [name, job] of [...Object.entries(named), ['default', main] as const]) {
    if (isJob(job) && !jobs.some(known => known.job === job)) jobs.push({ name, job })
  }
  const inside = jobs.length === 0 && typeof main === 'object' && main !== null
  return inside ? jobsOf({ ...main, default: undefined }) : jobs
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'no exports' : `the exports ${names.join(', ')}, none of them a job`
}
