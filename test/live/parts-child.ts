/** A run that writes its output in parts, to be frozen, woken and killed: `FOLDER CHECKPOINT_EVERY_MS`. It prints how it ended. */
import { join } from 'node:path'
import { HeadwaterError } from '../../src/errors.ts'
import { run } from '../../src/live/run.ts'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import { retail } from './retail.ts'

const [folder = '', everyMs = '0'] = process.argv.slice(2)
try {
  await run(retail, {
    from: join(folder, 'savepoint'),
    log: { purchases: fileLog(join(folder, 'log-purchases'), { pollMs: 20 }) },
    sinks: { totals: ndjsonParts(join(folder, 'out'), { rollBytes: 2000 }) },
    checkpoints: join(folder, 'checkpoints'),
    checkpointEveryMs: Number(everyMs),
    maxBatchRecords: 7,
  })
  process.stdout.write('ended\n')
} catch (error) {
  process.stdout.write(`${error instanceof HeadwaterError ? error.code : String(error)}\n`)
}
