/** `headwater digest`: the state digest of a savepoint, equal for equal contents. */
import type { Savepoint } from '../../savepoint/savepoint.ts'
import type { Command } from '../cli.ts'
import { savepointArgument } from '../savepoint-output.ts'

export const digestCommand: Command = {
  name: 'digest',
  summary: 'Print the state digest of a savepoint: equal contents, equal digest',
  about: 'A savepoint carries its own; that of a checkpoint is computed by reading all of it.',
  positionals: [savepointArgument],
  options: { recompute: { text: 'read everything even where the digest is known' } },
  examples: [['digest savepoints/november', 'the digest alone, on one line']],
  run: async (args, session) => {
    const { readPinned } = await import('../../savepoint/pinned.ts')
    const digests = await readPinned(args.word('SAVEPOINT'), async savepoint => {
      const { stateDigest: stored, manifestDigest } = savepoint.manifest
      const computed = stored === null || args.flag('recompute')
      return { stateDigest: computed ? await compute(savepoint) : stored, manifestDigest, computed }
    })
    if (session.json) await session.out.json(digests)
    else await session.out.line(digests.stateDigest)
  },
}

async function compute(savepoint: Savepoint): Promise<string> {
  const { stateDigest } = await import('../../savepoint/digest.ts')
  return stateDigest(savepoint)
}
