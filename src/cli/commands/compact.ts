/** `headwater compact`: folds the layers of a store's newest checkpoint. */
import type { Command } from '../cli.ts'
import { readingProgress } from '../row-progress.ts'
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
    const [{ compact }, { openSavepoint }] = await Promise.all([
      import('../../savepoint/compact.ts'),
      import('../../savepoint/open.ts'),
    ])
    const store = args.word('STORE')
    const onRead = readingProgress(session, 'compact', [await openSavepoint(store)])
    const { changed, savepoint, layers, bytes } = await compact(store, { onRead })
    session.progress.end()
    const { manifestPath, manifest } = savepoint
    const { number, manifestDigest, stateDigest } = manifest
    if (session.json)
      return session.out.json({ changed, manifestPath, number, manifestDigest, stateDigest, layers, bytes })
    const sizes = `${layersText(layers[0])} of ${byteCount(bytes[0])}`
    await session.out.line(
      changed
        ? `savepoint ${number}: ${sizes} became ${layersText(layers[1])} of ${byteCount(bytes[1])}`
        : `savepoint ${number} is folded: ${sizes}`,
    )
  },
}

function layersText(layers: number): string {
  return `${count(layers)} ${layers === 1 ? 'layer' : 'layers'}`
}
