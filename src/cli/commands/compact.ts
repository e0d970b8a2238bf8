/** `headwater compact`: folds the layers of a store's newest checkpoint. */
import type { TransactionDeclaration } from '../../sink/transaction.ts'
import type { Arguments } from '../arguments.ts'
import type { Command } from '../cli.ts'
import { logOptions, openLogOptions } from '../log-options.ts'
import { readingProgress } from '../row-progress.ts'
import { byteCount, count } from '../table.ts'

export const compactCommand: Command = {
  name: 'compact',
  summary: 'Fold the layers of the newest checkpoint into one a state',
  about:
    'Commits the same contents once more, as a self-contained savepoint and the next number of the chain. A live run ' +
    'brings layers together by itself, and is not disturbed: the command is refused.',
  positionals: [{ name: 'STORE', text: 'a folder of checkpoints' }],
  options: {
    sink: {
      value: 'SINK',
      text: 'an exactly-once sink of the job, kafka://HOST:PORT/TOPIC: tells whether a checkpoint that waits was committed, and ends what tasks left open',
    },
    ...logOptions,
  },
  examples: [
    ['compact checkpoints', 'before it is copied, for instance'],
    [
      'compact checkpoints --sink kafka://localhost:9092/totals',
      'after a run died in the midst of a checkpoint',
    ],
  ],
  run: async (args, session) => {
    const transactions = await transactionsOf(args)
    const [{ compact }, { openSavepoint }] = await Promise.all([
      import('../../savepoint/compact.ts'),
      import('../../savepoint/open.ts'),
    ])
    const store = args.word('STORE')
    const onRead = readingProgress(session, 'compact', [await openSavepoint(store)])
    const { changed, savepoint, layers, bytes } = await compact(store, { onRead, transactions })
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

async function transactionsOf(args: Arguments): Promise<TransactionDeclaration | undefined> {
  const address = args.text('sink')
  if (address === null) return undefined
  const { openSink } = await import('../../sink/sink-url.ts')
  const { transactions } = openSink(address, openLogOptions(args))
  if (transactions !== undefined) return transactions
  throw args.wrong('--sink', 'a sink that writes by transactions: kafka://HOST:PORT/TOPIC', `'${address}'`)
}

function layersText(layers: number): string {
  return `${count(layers)} ${layers === 1 ? 'layer' : 'layers'}`
}
