/** Prints records for ever; ends with code 7 when told that nobody reads them. */
import { stdout } from '../../src/sink/stdout.ts'

const heard = { brokenPipe: false }
const sink = await stdout({ onBrokenPipe: () => (heard.brokenPipe = true) }).open(null, null)
for (let n = 0; !heard.brokenPipe; n++) await sink.write([{ n }])
await sink.write([{ n: -1 }])
process.exitCode = 7
