/**
 * Jobs from files: `JOB.ts` (or `.js`) defines and exports a job, and does nothing else. The command line, and later
 * workers, load it by path; library calls take the job itself or a reference to where it is exported.
 */
import { invalid } from '../errors.ts'
import { graphOf, isJob } from './brand.ts'
import { chooseJob } from './exported-jobs.ts'
import { graphDigest } from './graph-data.ts'
import { importJobFile } from './import-job-file.ts'
import type { Job } from './job.ts'
import { locateJobFile, type JobReference } from './job-file.ts'

/** A job and where it came from: enough for another process to load the same one. */
export interface LoadedJob extends Required<JobReference> {
  readonly job: Job
  readonly module: URL
  /** sha-256 of the graph's data (graph-data.ts). */
  readonly digest: string
}

/**
 * Loads a job: `loadJob('job.ts')`, `loadJob('jobs.ts#retail')`, `loadJob({ module: new URL('./job.ts', import.meta.url),
 * export: 'retail' })`. Without an export's name the module must export one job only, by whatever name, `default` too.
 *
 * Errors, all `invalid`: `no-such-file`, `bad-job-file`, `job-syntax` (with file and line), `job-import`, `job-failed`,
 * `no-job`, `several-jobs`, `no-such-export`, `job-format`, and `other-job` when the reference has another digest; a rule
 * of the builder that the file breaks keeps its own code.
 */
export async function loadJob(from: string | URL | JobReference): Promise<LoadedJob> {
  const { path, module, export: wanted, digest: expected } = await locateJobFile(from)
  const { job, name } = chooseJob(await importJobFile(path), wanted, path)
  const digest = graphDigest(graphOf(job))
  if (expected === null || expected === digest) return { job, module, export: name, digest }
  throw invalid({
    code: 'other-job',
    thing: `${path}#${name}`,
    expected: `the job with graph digest ${expected}`,
    found: digest,
    remedy:
      'the file changed since, or gives another job each time it is loaded: run again from one state of it',
  })
}

/** The job of a call that takes it either way; errors as `loadJob`, and `not-a-job`. */
export async function resolveJob(given: Job | JobReference): Promise<Job> {
  if (isReference(given)) return (await loadJob(given)).job
  graphOf(given) // refuses what is no job
  return given
}

function isReference(given: Job | JobReference): given is JobReference {
  return typeof given === 'object' && given !== null && 'module' in given && !isJob(given)
}
