/** `headwater run`: a job on its logs, from a savepoint or its own newest checkpoint. */
import type { Command } from '../cli.ts'
import { handoffOptions } from '../handoff-options.ts'
import { logForms, logOptions, troubleTeller } from '../log-options.ts'
import { runFrom, taskOption } from '../run-from.ts'
import { printLines, resultData, resultLines, RunReport, tellPlan } from '../run-progress.ts'
import { jobArgument } from '../savepoint-output.ts'
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
      text:
        'kafka://HOST:PORT/TOPIC?key=FIELD (exactly once; &guarantee=at-least-once), ndjson:DIR/ (exactly once), ' +
        'ndjson:FILE (exactly once after crashes) or stdout (at least once)',
      many: true,
    },
    'emit-state': {
      value: '[NAME=]UID/STATE',
      text: 'write all entries of this state to the sink once, when the run begins with a savepoint: for compacted topics',
      many: true,
    },
    checkpoints: { value: 'DIR', text: 'the folder of checkpoints, made if needed; of this job alone' },
    'until-end': { text: 'stop, with a savepoint, at the end that the logs have now' },
    'checkpoint-every': { value: '10s', text: 'time between two checkpoints; 0 for one after each batch' },
    keep: { value: '3', text: 'so many of the newest checkpoints stay' },
    'keep-for': { value: '1h', text: 'and those that are younger' },
    task: {
      value: 'I/N',
      text: 'this is task I, from 0, of N: partition p of every source belongs to task p mod N; N may change at a start',
    },
    workers: { value: 'N', text: 'N tasks in threads of this process' },
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
    [
      'run job.ts --log file:log/purchases --sink ndjson:out/ --checkpoints checkpoints --task 0/2',
      'one of two processes that share the job; the other is 1/2',
    ],
  ],
  run: async (args, session) => {
    const signal = session.stopSignal()
    const { stop } = session
    session.out.onBroken = stop
    const task = taskOption(args)
    const workers = wholeNumberOption(args, 'workers', 1) ?? 1
    if (task !== undefined && workers > 1)
      throw args.wrong('--workers', 'it or --task: workers are the tasks of one process', 'both')
    if (workers > 1) {
      const { runWorkers } = await import('../workers.ts')
      return runWorkers(args, session, workers)
    }
    const report = new RunReport(args.flag('until-end'))
    const result = await runFrom(args, {
      signal,
      waiting: { onWarning: troubleTeller(session), signal },
      onBrokenPipe: stop,
      onPlan: (plan, lines) => {
        report.plan(plan)
        tellPlan(session, plan, lines)
      },
      progressEveryMs: session.screen.mode === 'terminal' ? 500 : 2000,
      onProgress: progress => session.progress.show(report.progress(progress)),
    })
    session.progress.show(report.progress(result.progress))
    session.progress.end()
    await printLines(session, args, resultLines(result), resultData(result))
  },
}
