/** `headwater show`: what is in a savepoint. */
import type { Command } from '../cli.ts'
import { printSavepoint, savepointArgument } from '../savepoint-output.ts'

export const showCommand: Command = {
  name: 'show',
  summary: 'Show what is in a savepoint',
  about: 'Reads the manifest alone and runs no code of the job.',
  positionals: [savepointArgument],
  options: {},
  examples: [
    ['show savepoints/november', 'a savepoint'],
    ['show checkpoints', 'the newest checkpoint of a run'],
    ['show checkpoints/manifests/00000003.json', 'an older one'],
  ],
  run: async (args, session) => {
    const { openSavepoint } = await import('../../savepoint/open.ts')
    await printSavepoint(session, await openSavepoint(args.word('SAVEPOINT')))
  },
}
