/** A writer process for tests: appends records for ever, telling each synced position; to be killed. */
import { openFileLogWriter } from '../../../src/source/file-log/log-writer.ts'

const [dir = ''] = process.argv.slice(2)
const writer = await openFileLogWriter(dir)
process.stdout.write('open\n')
for (;;) {
  const start = writer.positions().get(0) ?? 0
  await writer.append(
    0,
    Array.from({ length: 500 }, (_, i) => ({ value: { n: start + i, text: 'x'.repeat((start + i) % 300) } })),
  )
  await writer.sync()
  process.stdout.write(`synced ${writer.positions().get(0)}\n`)
}
