/** A following archiver of a file log, to be killed and paused: prints a line a file, and the code of what ends it. */
import { HeadwaterError } from '../../../src/errors.ts'
import { followArchive } from '../../../src/source/archive/follow.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'

const [dir = '', to = '', rollRecords = '100'] = process.argv.slice(2)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
try {
  const report = await followArchive({
    log: fileLog(dir, { pollMs: 20 }),
    to,
    rollRecords: Number(rollRecords),
    rollEveryMs: 50,
    signal: stop.signal,
    onFile: ({ first, next }) => console.log(`${first} ${next}`),
  })
  console.log(`ended below ${report.next.get(0)}`)
} catch (error) {
  console.log(error instanceof HeadwaterError ? error.code : error)
}
process.exit()
