/** `headwater digest`: the state digest of a savepoint, equal for equal contents. */
import type { Command } from '../cli.ts'
import { readingProgress } from '../row-progress.ts'
import { savepointArgument } from '../savepoint-output.ts'
import { table } from '../table.ts'

export const digestCommand: Command = {
  name: 'digest',
  summary: 'Print the state digest of a savepoint: equal contents, equal digest',
  about: 'A savepoint carries its own; that of a checkpoint is computed by reading all of it.',
  positionals: [savepointArgument],
  options: {
    recompute: { text: 'read everything even where the digest is known' },
    groups: { text: 'the hash of each state’s key groups too: where they are equal, so are the entries' },
  },
  examples: [
    ['digest savepoints/november', 'the digest alone, on one line'],
    ['digest checkpoints --groups', 'to find out where two savepoints differ'],
  ],
  run: async (args, session) => {
    const [{ readPinned }, { digest }] = await Promise.all([
      import('../../savepoint/pinned.ts'),
      import('../../savepoint/digest-report.ts'),
    ])
    const report = await readPinned(args.word('SAVEPOINT'), savepoint =>
      digest(savepoint, {
        recompute: args.flag('recompute'),
        groups: args.flag('groups'),
        onRead: readingProgress(session, 'digest', [savepoint]),
      }),
    )
    session.progress.end()
    const { groups, ...digests } = report
    if (session.json) {
      for (const group of groups ?? []) await session.out.json(group)
      return session.out.json(digests)
    }
    const rows = (groups ?? []).map(({ uid, state, group, hash }) => [uid, state, group, hash])
    if (groups !== undefined)
      await session.out.lines([...table(['operator', 'state', 'key group', 'hash'], rows), ''])
    await session.out.line(digests.stateDigest)
  },
}
