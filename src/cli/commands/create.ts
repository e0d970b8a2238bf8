/** `headwater create`: a savepoint from aggregates that exist already. */
import type { Command } from '../cli.ts'
import { positionsBySource } from '../positions.ts'
import { pairLists, printReport, repairOptions, repairSettings } from '../repair-output.ts'

export const createCommand: Command = {
  name: 'create',
  summary: 'Make a savepoint of tables of aggregates, where there are no events at hand',
  about:
    'Columns by name: the key’s fields, then the state’s name; of a list state also index, an int32, of a map state map_key, and a row ' +
    'is an element or an entry. Keys are unique, and nothing is null that the job does not declare optional.',
  positionals: [],
  options: {
    job: { value: 'JOB', text: 'the file that exports the job; FILE#NAME where it exports several' },
    from: {
      value: 'UID/STATE=PATTERN',
      text: 'the Parquet files of a state; others begin empty',
      many: true,
    },
    positions: {
      value: 'FILE',
      text: 'where the log goes on: {"NAME": {"0": 123}}, or 0:123,1:456 for the only source',
    },
    ...repairOptions,
  },
  examples: [
    [
      'create --job job.ts --from spend/total=totals.parquet --positions 0:1200,1:1340 --into savepoints/begin',
      'totals that another system has counted, and where it stopped',
    ],
  ],
  run: async (args, session) => {
    const settings = repairSettings(args, session)
    args.requiredList('from')
    const { loadJob } = await import('../../job/load.ts')
    const { job } = await loadJob(args.requiredText('job'))
    const positions = await positionsBySource(args, 'positions', job.sources)
    const [{ create }, { parquet }] = await Promise.all([
      import('../../repair/create.ts'),
      import('../../source/parquet.ts'),
    ])
    const tables = [...pairLists(args, 'from', 'UID/STATE=PATTERN')].map(
      ([path, patterns]) => [path, parquet(patterns)] as const,
    )
    const report = await create(job, {
      ...settings,
      from: Object.fromEntries(tables),
      ...(positions && { positions }),
    })
    await printReport(session, report)
  },
}
