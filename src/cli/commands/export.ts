/** `headwater export`: one state as a file of another format. */
import type { Command } from '../cli.ts'
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
    const { exportState } = await import('../../savepoint/export.ts')
    const request = { to, where, overwrite: args.flag('overwrite') }
    const report = await exportState(args.word('SAVEPOINT'), args.word('UID'), args.word('STATE'), request)
    if (session.json) await session.out.json(report)
    else await session.out.line(`${report.path}: ${count(report.rows)} entries, ${byteCount(report.bytes)}`)
  },
}
