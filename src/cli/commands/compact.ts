/** `headwater compact`: folds the layers of a store's newest checkpoint. */
import type { Command } from '../cli.ts'
import { byteCount, count } from '../table.ts'

export const compactCommand: Command = {
  name: 'compact',
  summary: 'Fold the layers of the newest checkpoint into one a state',
  about:
    'Commits the same contents once more, as a self-contained savepoint and the next number of the chain. A live run ' +
    'brings layers together by itself, and is not disturbed: the command is refused.',
  positionals: [{ name: 'STORE', text: 'a folder of checkpoints' }],
  options: {},
  examples: [['compact checkpoints', 'before it is copied, for instance']],
  run: async (args, session) => {
    const { compact } = await import('../../savepoint/compact.ts')
    const { changed, savepoint, layers, bytes } = await compact(args.word('STORE'))
    const { manifestPath, manifest } = savepoint
    const { number, manifestDigest, stateDigest } = manifest
    if (session.json)
      return session.out.json({ changed, manifestPath, number, manifestDigest, stateDigest, layers, bytes })
    const sizes = `${count(layers[0])} layers of ${byteCount(bytes[0])}`
    await session.out.line(
      changed
        ? `savepoint ${number}: ${sizes} are ${count(layers[1])} of ${byteCount(bytes[1])}`
        : `savepoint ${number} is folded: ${sizes}`,
    )
  },
}
