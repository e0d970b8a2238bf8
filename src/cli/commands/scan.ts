/** `headwater scan`: all entries of one state. */
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'
import { wholeNumberOption } from '../whole-number.ts'

export const scanCommand: Command = {
  name: 'scan',
  summary: 'Print all entries of one state of a savepoint, sorted by key group and key',
  about:
    'With --json a line is an object of the key’s fields, a list’s index, and the value under the state’s name.',
  positionals: [
    savepointArgument,
    { name: 'UID', text: 'the operator' },
    { name: 'STATE', text: 'the name of the state' },
  ],
  options: { limit: { value: 'N', text: 'stop after so many entries' } },
  examples: [
    ['scan savepoints/november spend-per-customer total', 'a table'],
    [
      'scan checkpoints spend-per-customer total --json | duckdb -c "from read_json_auto(\'/dev/stdin\')"',
      'into SQL',
    ],
  ],
  run: async (args, session) => {
    const limit = wholeNumberOption(args, 'limit', 0) ?? Infinity
    const [{ openSavepoint }, { scanState }, { findState }, { entryJsonLines, entryTable }] =
      await Promise.all([
        import('../../savepoint/open.ts'),
        import('../../savepoint/scan.ts'),
        import('../../savepoint/find-state.ts'),
        import('../entry-lines.ts'),
      ])
    const [uid, state] = [args.word('UID'), args.word('STATE')]
    const savepoint = await openSavepoint(args.word('SAVEPOINT'))
    const { table } = findState(savepoint, uid, state)
    const lines = session.json ? entryJsonLines : entryTable()
    let left = limit
    for await (const rows of scanState(savepoint, uid, state)) {
      await session.out.lines(lines(table, rows, Math.min(left, rows.length)))
      left -= rows.length
      if (left <= 0) break
    }
  },
}
