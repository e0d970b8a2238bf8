/** `headwater export`: one state as a file of another format. */
import type { Command } from '../cli.ts'
import { readingProgress } from '../row-progress.ts'
import { savepointArgument, stateArguments } from '../savepoint-output.ts'
import { byteCount, count } from '../table.ts'

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write one state of a savepoint to a Parquet, Arrow, CSV or NDJSON file',
  about: 'The file appears whole or not at all.',
  positionals: [savepointArgument, ...stateArguments],
  options: {
    to: { value: 'FILE', text: 'its ending says the format: .parquet, .arrow, .csv or .ndjson' },
    where: { value: 'CONDITION', text: 'only entries for which it holds, as for scan' },
    overwrite: { text: 'take the place of a file that is there' },
  },
  examples: [
    ['export savepoints/november spend-per-customer total --to totals.parquet', 'for any other program'],
  ],
  run: async (args, session) => {
    const to = args.requiredText('to')
    const where = args.text('where') ?? undefined
    const [{ exportState }, { readPinned }] = await Promise.all([
      import('../../savepoint/export.ts'),
      import('../../savepoint/pinned.ts'),
    ])
    const [uid, state] = [args.word('UID'), args.word('STATE')]
    const report = await readPinned(args.word('SAVEPOINT'), savepoint => {
      const onRead = readingProgress(session, 'export', [savepoint], { uid, state })
      return exportState(savepoint, uid, state, { to, where, overwrite: args.flag('overwrite'), onRead })
    })
    session.progress.end()
    if (session.json) await session.out.json(report)
    else await session.out.line(`${report.path}: ${count(report.rows)} entries, ${byteCount(report.bytes)}`)
  },
}
