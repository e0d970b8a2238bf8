/** `headwater bootstrap`: a job over its past, in one savepoint. */
import type { BootstrapProgress } from '../../bootstrap/progress.ts'
import type { Command } from '../cli.ts'
import { durationText } from '../duration.ts'
import { addressesByName } from '../named.ts'
import { positionsBySource } from '../positions.ts'
import type { Progress } from '../progress.ts'
import { jobArgument, printSavepoint } from '../savepoint-output.ts'
import { count } from '../table.ts'

export const bootstrapCommand: Command = {
  name: 'bootstrap',
  summary: 'Run a job over its history and write a savepoint',
  about: 'Sinks stay mute. Interrupted or failing, it leaves nothing behind.',
  positionals: [jobArgument],
  options: {
    history: {
      value: 'NAME=PATTERN',
      text: 'Parquet files of a source: paths, folders, globs (quoted)',
      many: true,
    },
    into: { value: 'DIR', text: 'the folder of the new savepoint' },
    cut: {
      value: 'FILE',
      text: 'where history ends: {"NAME": {"0": 123}}, or 0:123,1:456 for the only source',
    },
    'positions-from': {
      value: 'PRESET',
      text: 'where the files carry log positions: iceberg, flink, kafka-connect (file names), or partition=COLUMN,offset=COLUMN[,time=COLUMN][,topic=COLUMN]',
    },
    order: { value: 'event-time', text: 'fold by event time even where rows carry log positions' },
  },
  examples: [
    [
      `bootstrap job.ts --history purchases='history/**/*.parquet' --into savepoints/november`,
      'all files below history',
    ],
    [
      `bootstrap job.ts --history history/ --into savepoints/november`,
      'the same, where the job has one source',
    ],
  ],
  run: async (args, session) => {
    const signal = session.stopSignal()
    const into = args.requiredText('into')
    const order = args.text('order') ?? 'schedule'
    if (order !== 'schedule' && order !== 'event-time')
      throw args.wrong('--order', 'schedule or event-time', `'${order}'`)
    const from = args.text('positions-from')
    args.requiredList('history')

    const { loadJob } = await import('../../job/load.ts')
    const { job } = await loadJob(args.word('JOB'))
    const patterns = addressesByName(args, { option: 'history', what: 'source', names: job.sources })
    const cut = await positionsBySource(args, 'cut', job.sources)

    const [{ bootstrap }, { parquet }, { positionsFromText }] = await Promise.all([
      import('../../bootstrap/bootstrap.ts'),
      import('../../source/parquet.ts'),
      import('../../source/position-presets.ts'),
    ])
    const options = from === null ? {} : { position: positionsFromText(from) }
    const history = Object.fromEntries([...patterns].map(([name, list]) => [name, parquet(list, options)]))
    const startMs = session.clock.monotonicMs()
    const savepoint = await bootstrap(job, {
      history,
      into,
      order,
      signal,
      onProgress: progress => session.progress.show(shown(progress)),
      ...(cut && { cut }),
    })
    const elapsedMs = Math.round(session.clock.monotonicMs() - startMs)
    session.progress.note(`written in ${durationText(elapsedMs)}`, { event: 'written', elapsedMs })
    await printSavepoint(session, savepoint)
  },
}

function shown(progress: BootstrapProgress): Progress {
  const { phase, name, done, total } = progress
  return {
    name: `${phase} ${name}`,
    text: textOf(progress),
    part: total === 0 ? 1 : done / total,
    data: { event: 'progress', phase, name, done, total },
  }
}

function textOf({ phase, name, done, total }: BootstrapProgress): string {
  switch (phase) {
    case 'plan':
      return `plan: the files of ${name}`
    case 'scan':
      return `scan ${name}: ${count(done)} of ${count(total)} rows`
    case 'fold':
      return `fold ${name}: ${count(done)} of ${count(total)} key groups`
    case 'commit':
      return done < total ? 'commit' : 'committed'
  }
}
