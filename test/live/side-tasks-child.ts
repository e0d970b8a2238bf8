/** Run as a process of its own: the retail job on the world in a folder, to the end; prints what it tells, and how it ended. */
import { join } from 'node:path'
import { HeadwaterError } from '../../src/errors.ts'
import { callback } from '../../src/sink/callback.ts'
import { retail } from './retail.ts'
import { runToEnd } from './world.ts'

const folder = process.argv[2]!
const tell = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
try {
  const { progress } = await runToEnd(retail, folder, {
    from: join(folder, 'savepoint'),
    sinks: { totals: callback(() => undefined) },
    checkpointEveryMs: 0,
    maxBatchRecords: 12,
    keep: 1,
    keepForMs: 0,
    progressEveryMs: 1,
    onProgress: ({ checkpoint, warnings }) => tell({ checkpoint, warnings }),
  })
  tell({ ended: null, warnings: progress.warnings })
} catch (error) {
  if (!(error instanceof HeadwaterError)) throw error
  tell({ ended: `${error.kind} ${error.code}` })
}
