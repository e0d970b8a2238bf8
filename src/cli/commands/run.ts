/** `headwater run`: a job on its logs, from a savepoint or its own newest checkpoint. */
import type { HandoffPlan } from '../../handoff/handoff.ts'
import type { RunResult } from '../../live/live.ts'
import type { Command } from '../cli.ts'
import { durationOption } from '../duration.ts'
import { cutTimes, handoffFlags, handoffOptions } from '../handoff-options.ts'
import { logForms, logOptions, openLogOptions } from '../log-options.ts'
import { addressByName } from '../named.ts'
import { resultData, resultLines, RunReport } from '../run-progress.ts'
import { jobArgument } from '../savepoint-output.ts'
import type { Session } from '../session.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'Run a job on its logs, from a savepoint or its own newest checkpoint',
  about:
    'The same command line may be repeated for ever: where --checkpoints holds a checkpoint that descends from --from, the ' +
    'run goes on from it. Ctrl-C and SIGTERM stop it with a savepoint, a second one at once.',
  positionals: [jobArgument],
  options: {
    from: { value: 'SAVEPOINT', text: 'where to begin; without it the newest checkpoint goes on' },
    log: { value: 'NAME=LOG', text: `the log of a source: ${logForms}`, many: true },
    sink: {
      value: 'NAME=SINK',
      text: 'ndjson:DIR/ (exactly once), ndjson:FILE (exactly once after crashes) or stdout (at least once)',
      many: true,
    },
    checkpoints: { value: 'DIR', text: 'the folder of checkpoints, made if needed; of this job alone' },
    'until-end': { text: 'stop, with a savepoint, at the end that the logs have now' },
    'checkpoint-every': { value: '10s', text: 'time between two checkpoints; 0 for one after each batch' },
    keep: { value: '3', text: 'so many of the newest checkpoints stay' },
    'keep-for': { value: '1h', text: 'and those that are younger' },
    ...logOptions,
    ...handoffOptions,
  },
  examples: [
    [
      'run job.ts --from savepoints/november --log purchases=file:log/purchases --sink totals=ndjson:totals.ndjson --checkpoints checkpoints',
      'begin, or go on',
    ],
    [
      'run job.ts --log file:log/purchases --sink stdout --checkpoints checkpoints --until-end',
      'catch up and stop',
    ],
  ],
  run: async (args, session) => {
    const signal = session.stopSignal()
    const checkpoints = args.requiredText('checkpoints')
    const from = args.text('from') ?? undefined
    const checkpointEveryMs = durationOption(args, 'checkpoint-every')
    const keep = wholeNumberOption(args, 'keep', 1)
    const keepForMs = durationOption(args, 'keep-for')
    const flags = handoffFlags(args)
    const logSettings = openLogOptions(args)
    args.requiredList('log')

    const { loadJob } = await import('../../job/load.ts')
    const { job } = await loadJob(args.word('JOB'))
    const logs = addressByName(args, { option: 'log', what: 'source', names: job.sources })
    const sinks = addressByName(args, { option: 'sink', what: 'sink', names: job.sinks })

    const [{ run }, { openLog }, { openSink }, { planTable }] = await Promise.all([
      import('../../live/run.ts'),
      import('../../source/log-url.ts'),
      import('../../sink/sink-url.ts'),
      import('../../handoff/plan-table.ts'),
    ])
    const { stop } = session
    session.out.onBroken = stop
    const untilEnd = args.flag('until-end')
    const report = new RunReport(untilEnd)
    const result = await run(job, {
      ...flags,
      cutTimes: cutTimes(args, job.sources),
      from,
      log: mapped(logs, address => openLog(address, logSettings)),
      sinks: mapped(sinks, address => openSink(address, { onBrokenPipe: stop })),
      checkpoints,
      checkpointEveryMs,
      keep,
      keepForMs,
      untilEnd,
      signal,
      onPlan: plan => {
        report.plan(plan)
        tellPlan(session, plan, planTable(plan))
      },
      progressEveryMs: session.screen.mode === 'terminal' ? 500 : 2000,
      onProgress: progress => session.progress.show(report.progress(progress)),
    })
    session.progress.show(report.progress(result.progress))
    session.progress.end()
    await printResult(session, result, [...sinks.values()].includes('stdout'))
  },
}

function tellPlan(session: Session, plan: HandoffPlan, lines: readonly string[]): void {
  for (const line of session.json ? [''] : lines) session.progress.note(line, { event: 'plan', plan })
}

/** To stdout, unless that is where a sink writes. */
async function printResult(session: Session, result: RunResult, toScreen: boolean): Promise<void> {
  const lines = session.json ? [JSON.stringify(resultData(result))] : resultLines(result)
  if (!toScreen) return session.out.lines(lines)
  for (const line of lines) session.screen.line(line)
}

function mapped<T>(
  addresses: ReadonlyMap<string, string>,
  open: (address: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries([...addresses].map(([name, address]) => [name, open(address)]))
}
