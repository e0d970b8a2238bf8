/** `headwater archive --follow`. */
import type { FollowProgress } from '../source/archive/follow.ts'
import type { ArchivedFile } from '../source/archive/archive.ts'
import { onGapOption } from './archive-gap.ts'
import { placesTable } from './archive-text.ts'
import type { Arguments } from './arguments.ts'
import { durationOption } from './duration.ts'
import { openLogOptions, troubleTeller } from './log-options.ts'
import type { Progress } from './progress.ts'
import type { Session } from './session.ts'
import { sizeOption } from './size.ts'
import { sourceFields } from './source-fields.ts'
import { count } from './table.ts'
import { wholeNumberOption } from './whole-number.ts'

/** What only makes sense with `--follow`. */
export function refuseFollowOptions(args: Arguments): void {
  if (args.text('roll-every') !== null) throw args.wrong('--roll-every', '--follow with it', 'it alone')
}

/** Archives until it is told to stop; a line a file on stdout, JSON lines with `--json`, where the report is the last. */
export async function followLog(args: Arguments, session: Session): Promise<void> {
  const signal = session.stopSignal()
  session.out.onBroken = session.stop
  const [address, to] = [args.requiredText('log'), args.requiredText('to')]
  if (args.text('before') !== null) throw args.wrong('--before', 'it or --follow', 'both')
  const limits = {
    rollRecords: wholeNumberOption(args, 'roll-records', 1),
    rollBytes: sizeOption(args, 'roll-bytes'),
    rollEveryMs: durationOption(args, 'roll-every'),
  }
  if (limits.rollEveryMs === 0) throw args.wrong('--roll-every', 'a duration of 1ms or more', `'0'`)
  const given = Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))
  const fields = await sourceFields(args)
  const onGap = onGapOption(args)
  const [{ openLog }, { followArchive }] = await Promise.all([
    import('../source/log-url.ts'),
    import('../source/archive/follow.ts'),
  ])
  const log = openLog(address, openLogOptions(args, { onWarning: troubleTeller(session), signal }))
  try {
    const { next, ...report } = await followArchive({
      log,
      to,
      signal,
      onGap,
      ...given,
      ...(fields && { fields }),
      onFile: file => session.out.lines([session.json ? JSON.stringify(fileData(file)) : fileLine(file)]),
      onProgress: at => session.progress.show(shown(at)),
      onWarning: text => session.progress.note(text, { event: 'warning', text }),
    })
    session.progress.end()
    if (session.json) await session.out.json({ event: 'end', ...report, next: Object.fromEntries(next) })
    else {
      const { rows, files, lost } = report
      await session.out.lines([
        `${count(rows)} records archived in ${count(files)} files`,
        ...placesTable({ next, lost }),
      ])
    }
  } finally {
    await log.close()
  }
}

function fileData({ path, partition, first, next, rows, raw }: ArchivedFile): object {
  return { event: 'file', path, partition, first, next, rows, raw }
}

function fileLine({ path, rows }: ArchivedFile): string {
  return `${path}  ${count(rows)} records`
}

function shown({ records, files, waiting, behind, next }: FollowProgress): Progress {
  const parts = [`${count(records)} records in ${count(files)} files`, `${count(waiting)} read since`]
  return {
    name: 'archive',
    text: `archive: ${[...parts, `${count(behind)} behind`].join(', ')}`,
    part: null,
    data: { event: 'progress', records, files, waiting, behind, next: Object.fromEntries(next) },
  }
}
