/** `headwater plan`: how a run would go on from a savepoint, and what speaks against it. Changes nothing. */
import type { Log, LogDescription } from '../../source/log.ts'
import type { Command } from '../cli.ts'
import { handoffFlags, handoffOptions } from '../handoff-options.ts'
import { logForms, logOptions, openLogOptions } from '../log-options.ts'
import { addressByName } from '../named.ts'
import { jobArgument } from '../savepoint-output.ts'

export const planCommand: Command = {
  name: 'plan',
  summary: 'Show where a run would go on from a savepoint, and whether it may',
  about:
    'Reads the savepoint’s manifest and the ends of the logs; changes nothing. Exit code 1 when the run would be refused.',
  positionals: [jobArgument],
  options: {
    from: { value: 'SAVEPOINT', text: 'a savepoint folder, a folder of checkpoints, or a manifest file' },
    log: { value: 'NAME=LOG', text: `the log of a source: ${logForms}`, many: true },
    ...logOptions,
    ...handoffOptions,
  },
  examples: [
    ['plan job.ts --from savepoints/november --log purchases=file:log/purchases', 'as `run` would do it'],
  ],
  run: async (args, session) => {
    const from = args.requiredText('from')
    args.requiredList('log')
    const flags = handoffFlags(args)
    const logSettings = openLogOptions(args)

    const { loadJob } = await import('../../job/load.ts')
    const { job } = await loadJob(args.word('JOB'))
    const addresses = addressByName(args, { option: 'log', what: 'source', names: job.sources })

    const [{ graphOf }, { openSavepoint }, { openLog }, { planHandoff }, { planTable }, { refuse }] =
      await Promise.all([
        import('../../job/brand.ts'),
        import('../../savepoint/open.ts'),
        import('../../source/log-url.ts'),
        import('../../handoff/plan.ts'),
        import('../../handoff/plan-table.ts'),
        import('../../handoff/refuse.ts'),
      ])
    const { manifest } = await openSavepoint(from)
    const logs = new Map(
      await Promise.all(
        [...addresses].map(
          async ([name, address]) => [name, await described(openLog(address, logSettings))] as const,
        ),
      ),
    )
    const plan = planHandoff({ graph: graphOf(job), manifest, logs, flags })
    if (session.json) await session.out.json(plan)
    else await session.out.lines(planTable(plan))
    refuse(plan)
  },
}

async function described(log: Log): Promise<LogDescription> {
  try {
    return await log.describe()
  } finally {
    await log.close()
  }
}
