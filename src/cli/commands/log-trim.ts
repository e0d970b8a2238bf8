/** `headwater log trim`: cuts off the old end of a file log. */
import type { Command } from '../cli.ts'
import { logArgument } from '../log-argument.ts'
import { boundOption } from '../positions.ts'
import { table } from '../table.ts'

export const logTrimCommand: Command = {
  name: 'log trim',
  summary: 'Delete the segments of a file log whose records are all before a bound',
  about:
    'Whole segments are deleted, never the newest one: begin new ones with `log append --roll` where it must be exact.',
  positionals: [logArgument],
  options: { before: { value: 'BOUND', text: 'positions like 0:123,1:456, a JSON file of them, or a time' } },
  examples: [
    ['log trim file:log/purchases --before 2011-11-01', 'what the log took before November'],
    ['log trim file:log/purchases --before 0:1000,1:950', 'what is below these offsets'],
  ],
  run: async (args, session) => {
    args.requiredText('before')
    const before = await boundOption(args, 'before')
    const [{ fileLogFolder }, { trimLog }] = await Promise.all([
      import('../../source/log-url.ts'),
      import('../../source/file-log/trim.ts'),
    ])
    const trimmed = await trimLog(fileLogFolder(args.word('LOG')), before!)
    if (session.json) return session.out.json({ partitions: trimmed })
    const rows = trimmed.map(each => [
      each.partition,
      each.earliest,
      each.deletedRecords,
      each.deletedSegments,
    ])
    await session.out.lines(table(['partition', 'earliest', 'deleted records', 'deleted segments'], rows))
  },
}
