/** `headwater archive`: a log's records as Parquet files that carry their positions. */
import type { ArchiveProgress, ArchiveReport } from '../../source/archive/archive.ts'
import type { Arguments } from '../arguments.ts'
import { followLog, refuseFollowOptions } from '../archive-follow.ts'
import { onGapOption } from '../archive-gap.ts'
import { fileTable, placesTable } from '../archive-text.ts'
import type { Command } from '../cli.ts'
import { logForms, logOptions, openLogOptions, troubleTeller } from '../log-options.ts'
import { boundOption } from '../positions.ts'
import type { Progress } from '../progress.ts'
import type { Session } from '../session.ts'
import { sizeOption } from '../size.ts'
import { sourceFields, sourceOptions } from '../source-fields.ts'
import { count } from '../table.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const archiveCommand: Command = {
  name: 'archive',
  summary: 'Write a log’s records to Parquet files that carry their positions, ready to be history',
  about:
    'Goes on where the folder’s files end; killed at any moment it loses and doubles nothing. Columns: what --job says, else ' +
    'what the log declares, else what its values hold. With --follow it goes on while the log grows, until Ctrl-C or SIGTERM, ' +
    'which write what was read; what `archived below` says may be trimmed. Files are never brought together: one a partition and ' +
    '--roll-every, so choose it as long as retention allows, or archive without --follow once a day, which writes few large ones.',
  positionals: [],
  options: {
    log: { value: 'LOG', text: `the log: ${logForms}` },
    to: {
      value: 'DIR',
      text: 'the folder of the archive, made if needed; one log a folder, one archiver at a time',
    },
    before: {
      value: 'BOUND',
      text: 'positions like 0:123,1:456, a JSON file of them, or a time; default: all that is there',
    },
    follow: { text: 'go on while the log grows, new partitions too' },
    'roll-records': { value: 'N', text: 'a file has at most so many records; default 1000000' },
    'roll-bytes': { value: 'SIZE', text: 'and its columns about so many bytes in memory; default 128MiB' },
    'roll-every': {
      value: '5m',
      text: 'with --follow: a partition’s file is written so long after its first record was read; default 5m',
    },
    'on-gap': {
      value: 'earliest',
      text: 'where the log lost records before they were archived, go on behind them; the archive says so ever after',
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
    [
      'archive --log kafka://localhost:9092/purchases --to history/ --follow --roll-every 1m',
      'for as long as it runs, each record in a file a minute later',
    ],
  ],
  run: async (args, session) => {
    if (args.flag('follow')) return followLog(args, session)
    refuseFollowOptions(args)
    await archiveOnce(args, session)
  },
}

async function archiveOnce(args: Arguments, session: Session): Promise<void> {
  const signal = session.stopSignal()
  const [address, to] = [args.requiredText('log'), args.requiredText('to')]
  const before = await boundOption(args, 'before')
  const fields = await sourceFields(args)
  const rowsPerFile = wholeNumberOption(args, 'roll-records', 1)
  const bytesPerFile = sizeOption(args, 'roll-bytes')
  const onGap = onGapOption(args)
  const [{ openLog }, { archive }] = await Promise.all([
    import('../../source/log-url.ts'),
    import('../../source/archive/archive.ts'),
  ])
  const log = openLog(address, openLogOptions(args, { onWarning: troubleTeller(session), signal }))
  try {
    const progress = (at: ArchiveProgress): void => session.progress.show(shown(at))
    const report = await archive({
      log,
      to,
      signal,
      progress,
      onGap,
      ...(before && { before }),
      ...(fields && { fields }),
      ...(rowsPerFile !== undefined && { rowsPerFile }),
      ...(bytesPerFile !== undefined && { bytesPerFile }),
    })
    session.progress.end()
    if (session.json) await session.out.json({ ...report, next: Object.fromEntries(report.next) })
    else await session.out.lines(reportLines(report))
  } finally {
    await log.close()
  }
}

function shown({ partition, records, total }: ArchiveProgress): Progress {
  return {
    name: 'archive',
    text: `archive: ${count(records)} of at most ${count(total)} records`,
    part: total === 0 ? 1 : records / total,
    data: { event: 'progress', partition, records, total },
  }
}

function reportLines({ files, rows, ...report }: ArchiveReport): readonly string[] {
  return [`${count(rows)} records archived`, ...fileTable(files), ...placesTable(report)]
}
