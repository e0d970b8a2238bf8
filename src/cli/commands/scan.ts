/** `headwater scan`: entries of one state. */
import type { Command } from '../cli.ts'
import { printingProgress } from '../row-progress.ts'
import { savepointArgument, stateArguments } from '../savepoint-output.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const scanCommand: Command = {
  name: 'scan',
  summary: 'Print the entries of one state of a savepoint, sorted by key group and key',
  about:
    'With --json a line is an object of the key’s fields, a list’s index, and the value under the state’s name. ' +
    'A condition compares columns with values by = <> < <= > >=, is null, in (…), and, or, not and parentheses; texts stand ' +
    'in single quotes.',
  positionals: [savepointArgument, ...stateArguments],
  options: {
    where: {
      value: 'CONDITION',
      text: `only entries for which it holds: "total > 100 and country = 'Norway'"`,
    },
    'key-prefix': { value: 'TEXT', text: 'only keys that begin so' },
    columns: { value: 'A,B,…', text: 'these columns, in this order; key_group is one more' },
    limit: { value: 'N', text: 'stop after so many entries' },
    sample: { value: 'N', text: 'all entries of N keys, picked by their hash: the same ones every time' },
  },
  examples: [
    ['scan savepoints/november spend-per-customer total', 'a table'],
    [`scan savepoints/november spend-per-customer total --where 'total > 1000' --limit 20`, 'large spenders'],
    [
      'scan checkpoints spend-per-customer total --json | duckdb -c "from read_json_auto(\'/dev/stdin\')"',
      'into SQL',
    ],
  ],
  run: async (args, session) => {
    const options = {
      where: args.text('where') ?? undefined,
      keyPrefix: args.text('key-prefix') ?? undefined,
      limit: wholeNumberOption(args, 'limit', 0),
      sample: wholeNumberOption(args, 'sample', 0),
    }
    const names = args.text('columns')?.split(',')
    const [{ readPinned }, { selectRows }, { columnNumbers }, { findState }, { entryJsonLines, entryTable }] =
      await Promise.all([
        import('../../savepoint/pinned.ts'),
        import('../../savepoint/select.ts'),
        import('../../savepoint/scan-records.ts'),
        import('../../savepoint/find-state.ts'),
        import('../entry-lines.ts'),
      ])
    const [uid, state] = [args.word('UID'), args.word('STATE')]
    await readPinned(args.word('SAVEPOINT'), async savepoint => {
      const { table } = findState(savepoint, uid, state)
      const columns = columnNumbers(table, names)
      const lines = session.json ? entryJsonLines(table, columns) : entryTable(table, columns)
      const onRead = printingProgress(session, 'scan', [savepoint], { uid, state })
      for await (const rows of selectRows(savepoint, uid, state, { ...options, onRead }))
        await session.out.bytes(lines(rows))
      session.progress.end()
    })
  },
}
