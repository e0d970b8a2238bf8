/** A writer process on a full disk: prints the error of a large append, then what the log holds after it. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileLog } from '../../../src/source/file-log/file-log.ts'
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'

const [dir = ''] = process.argv.slice(2)
const writer = await openFileLogWriter(dir)
const records = Array.from({ length: 100 }, (_, n) => ({ value: `${n}`.repeat(100), time: 0 }))
try {
  await writer.append(0, records)
} catch (error) {
  console.log((error as Error).message)
}
const bytes = statSync(join(dir, 'p0', '00000000000000000000.ndjson')).size
const done = writer.positions().get(0)
const latest = (await fileLog(dir).describe()).partitions[0]?.latest
await writer.append(0, [{ value: 'small', time: 0 }])
console.log(JSON.stringify({ bytes, done, latest, again: writer.positions().get(0) }))
await writer.close()
