/** `headwater plan`: how a run would go on from a savepoint, and what speaks against it. Changes nothing. */
import type { HandoffFlags, HandoffPlan } from '../../handoff/handoff.ts'
import type { OverlapCheck } from '../../handoff/overlap-check/overlap-check.ts'
import type { JobGraph } from '../../job/graph.ts'
import type { Manifest } from '../../savepoint/manifest.ts'
import type { Log } from '../../source/log.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import { cutTimes, handoffFlags, handoffOptions } from '../handoff-options.ts'
import { logForms, logOptions, openLogOptions, troubleTeller } from '../log-options.ts'
import { addressByName } from '../named.ts'
import { jobArgument } from '../savepoint-output.ts'
import type { Session } from '../session.ts'

export const planCommand: Command = {
  name: 'plan',
  summary: 'Show where a run would go on from a savepoint, and whether it may',
  about:
    'Reads the savepoint’s manifest, the ends of the logs and the first records that a run would read; changes nothing. Exit code 1 when ' +
    'the run would be refused.',
  positionals: [jobArgument],
  options: {
    from: { value: 'SAVEPOINT', text: 'a savepoint folder, a folder of checkpoints, or a manifest file' },
    log: { value: 'NAME=LOG', text: `the log of a source: ${logForms}`, many: true },
    ...logOptions,
    ...handoffOptions,
    'check-overlap': {
      text: 'hold history and log against each other, record by record, where both should have the same; exit code 1 where they differ',
    },
    history: {
      value: 'NAME=PATTERN',
      text: 'with --check-overlap: the Parquet files of a source, where they are not where they were',
      many: true,
    },
  },
  examples: [
    ['plan job.ts --from savepoints/november --log purchases=file:log/purchases', 'as `run` would do it'],
    [
      'plan job.ts --from savepoints/november --log file:log/purchases --check-overlap',
      'and compare the records that history and log both have',
    ],
  ],
  run: async (args, session) => {
    const from = args.requiredText('from')
    args.requiredList('log')
    const logSettings = openLogOptions(args, { onWarning: troubleTeller(session) })
    const given = handoffFlags(args)

    const { loadJob } = await import('../../job/load.ts')
    const { job } = await loadJob(args.word('JOB'))
    const addresses = addressByName(args, { option: 'log', what: 'source', names: job.sources })
    const flags = { ...given, cutTimes: cutTimes(args, job.sources) }

    const [{ graphOf }, { openSavepoint }, { openLog }, { planTable }, { refuse }] = await Promise.all([
      import('../../job/brand.ts'),
      import('../../savepoint/open.ts'),
      import('../../source/log-url.ts'),
      import('../../handoff/plan-table.ts'),
      import('../../handoff/refuse.ts'),
    ])
    const { manifest } = await openSavepoint(from)
    const logs = new Map([...addresses].map(([name, address]) => [name, openLog(address, logSettings)]))
    try {
      const plan = await planned({ graph: graphOf(job), manifest, logs, flags })
      const overlap = args.flag('check-overlap')
        ? await checked(args, { graph: graphOf(job), manifest, logs, flags })
        : null
      if (session.json) await session.out.json(overlap === null ? plan : { ...plan, overlap })
      else await session.out.lines(planTable(plan))
      if (overlap !== null) await tellOverlap(session, overlap)
      refuse(plan)
    } finally {
      await Promise.allSettled([...logs.values()].map(log => log.close()))
    }
  },
}

interface ToPlan {
  readonly graph: JobGraph
  readonly manifest: Manifest
  readonly logs: ReadonlyMap<string, Log>
  readonly flags: HandoffFlags
}

async function checked(args: Arguments, { graph, manifest, logs, flags }: ToPlan): Promise<OverlapCheck> {
  const [{ checkOverlap }, { timeCuts }, { overlapHistories }] = await Promise.all([
    import('../../handoff/overlap-check/overlap-check.ts'),
    import('../../handoff/time-cut.ts'),
    import('../overlap-text.ts'),
  ])
  const sources = graph.sources.map(({ name }) => name)
  const histories = await overlapHistories(args, sources, manifest)
  return checkOverlap({
    graph,
    manifest,
    logs,
    histories,
    cuts: await timeCuts(graph, manifest, logs, flags),
  })
}

/** Throws where they differ. */
async function tellOverlap(session: Session, overlap: OverlapCheck): Promise<void> {
  const { overlapLines, refuseDifferent } = await import('../overlap-text.ts')
  if (!session.json) await session.out.lines(['', ...overlapLines(overlap)])
  refuseDifferent(overlap)
}

/** The plan as a run would make it, and a look at the records that it would read first. */
async function planned({ graph, manifest, logs, flags }: ToPlan): Promise<HandoffPlan> {
  const [{ planHandoff }, { timeCuts }, { sampleLogs, withSamples }] = await Promise.all([
    import('../../handoff/plan.ts'),
    import('../../handoff/time-cut.ts'),
    import('../../handoff/log-sample.ts'),
  ])
  const described = await Promise.all(
    [...logs].map(async ([name, log]) => [name, await log.describe()] as const),
  )
  const cuts = await timeCuts(graph, manifest, logs, flags)
  const plan = planHandoff({ graph, manifest, logs: new Map(described), flags, cuts })
  return withSamples(plan, graph, await sampleLogs(graph, plan, logs))
}
