/** `headwater merge`: two savepoints of one job in one. */
import type { Command } from '../cli.ts'
import { printReport, repairOptions, repairSettings } from '../repair-output.ts'

export const mergeCommand: Command = {
  name: 'merge',
  summary: 'Merge two savepoints of one job into a new one',
  about:
    'Keys are disjoint unless a function merges what both have. Positions are equal, or of partitions that only one of them has.',
  positionals: [
    { name: 'A', text: 'a savepoint' },
    { name: 'B', text: 'another one' },
  ],
  options: {
    ...repairOptions,
    with: { value: 'FILE', text: 'a file that exports merge(left, right, {uid, state, key})' },
  },
  examples: [['merge savepoints/east savepoints/west --into savepoints/all', 'of two partitions each']],
  run: async (args, session) => {
    const settings = repairSettings(args, session)
    const file = args.text('with')
    const [{ merge }, { functionFrom }] = await Promise.all([
      import('../../repair/merge.ts'),
      import('../../repair/transform.ts'),
    ])
    const how = file === null ? {} : { with: await functionFrom(file, 'merge') }
    await printReport(session, await merge(args.word('A'), args.word('B'), { ...settings, ...how }))
  },
}
