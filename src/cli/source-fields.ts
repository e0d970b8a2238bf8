/** `--job` and `--source`: the fields of a source, as the schema of a log or an archive. */
import type { Field } from '../record/record.ts'
import type { Arguments } from './arguments.ts'
import type { Option } from './cli.ts'

/** Their declarations. */
export const sourceOptions: Readonly<Record<string, Option>> = {
  job: { value: 'JOB', text: 'take the fields from a source of this job' },
  source: { value: 'NAME', text: 'which of its sources; not needed where it has one' },
}

/** The fields; undefined when no job was given. */
export async function sourceFields(args: Arguments): Promise<readonly Field[] | undefined> {
  const path = args.text('job')
  const wanted = args.text('source')
  if (path === null) {
    if (wanted !== null) throw args.wrong('--source', '--job with it', 'it alone')
    return undefined
  }
  const [{ loadJob }, { graphOf }, { fieldsOf }] = await Promise.all([
    import('../job/load.ts'),
    import('../job/brand.ts'),
    import('../record/record.ts'),
  ])
  const { sources } = graphOf((await loadJob(path)).job)
  const [only, ...others] = wanted === null ? sources : sources.filter(({ name }) => name === wanted)
  if (only !== undefined && others.length === 0) return fieldsOf(only.schema)
  throw args.wrong('--source', `one of ${sources.map(({ name }) => name).join(', ')}`, wanted ?? 'none')
}
