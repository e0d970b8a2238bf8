/** `headwater archive`: a log's records as Parquet files that carry their positions. */
import type { ArchiveProgress, ArchiveReport } from '../../source/archive/archive.ts'
import type { Command } from '../cli.ts'
import { logForms, logOptions, openLogOptions } from '../log-options.ts'
import { boundOption } from '../positions.ts'
import type { Progress } from '../progress.ts'
import { sourceFields, sourceOptions } from '../source-fields.ts'
import { count, table } from '../table.ts'

export const archiveCommand: Command = {
  name: 'archive',
  summary: 'Write a log’s records to Parquet files that carry their positions, ready to be history',
  about:
    'Goes on where the folder’s files end. Columns: what --job says, else what the log declares, else what its values hold.',
  positionals: [],
  options: {
    log: { value: 'LOG', text: `the log: ${logForms}` },
    to: { value: 'DIR', text: 'the folder of the archive, made if needed; one log a folder' },
    before: {
      value: 'BOUND',
      text: 'positions like 0:123,1:456, a JSON file of them, or a time; default: all that is there',
    },
    ...sourceOptions,
    ...logOptions,
  },
  examples: [
    ['archive --log file:log/purchases --to history/', 'all of it'],
    [
      'archive --log file:log/purchases --to history/ --before 2011-11-01',
      'what the log took before November',
    ],
  ],
  run: async (args, session) => {
    const signal = session.stopSignal()
    const [address, to] = [args.requiredText('log'), args.requiredText('to')]
    const before = await boundOption(args, 'before')
    const fields = await sourceFields(args)
    const [{ openLog }, { archive }] = await Promise.all([
      import('../../source/log-url.ts'),
      import('../../source/archive/archive.ts'),
    ])
    const log = openLog(address, openLogOptions(args))
    try {
      const progress = (at: ArchiveProgress): void => session.progress.show(shown(at))
      const report = await archive({
        log,
        to,
        signal,
        progress,
        ...(before && { before }),
        ...(fields && { fields }),
      })
      session.progress.end()
      if (session.json) await session.out.json({ ...report, next: Object.fromEntries(report.next) })
      else await session.out.lines(reportLines(report))
    } finally {
      await log.close()
    }
  },
}

function shown({ partition, records, total }: ArchiveProgress): Progress {
  return {
    name: 'archive',
    text: `archive: ${count(records)} of at most ${count(total)} records`,
    part: total === 0 ? 1 : records / total,
    data: { event: 'progress', partition, records, total },
  }
}

function reportLines({ files, rows, next }: ArchiveReport): readonly string[] {
  const written = files.map(({ path, rows: inFile, first, next: end }) => [path, inFile, first, end])
  return [
    `${count(rows)} records archived`,
    ...(written.length > 0 ? table(['file', 'rows', 'from', 'next'], written) : []),
    ...table(['partition', 'archived below'], [...next]),
  ]
}
