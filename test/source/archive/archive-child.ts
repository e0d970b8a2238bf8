/** An archiving process, to be killed: prints a line after each batch. */
import { archive } from '../../../src/source/archive/archive.ts'
import { fileLog } from '../../../src/source/file-log/file-log.ts'

const [dir = '', to = ''] = process.argv.slice(2)
await archive({
  log: fileLog(dir),
  to,
  rowsPerFile: 500,
  progress: ({ records }) => {
    process.stdout.write(`${records}\n`)
  },
})
