/**
 * A run whose sink stands still at first and is slow then: `ADDRESS FOLDER`. It prints how many results came, their last sum of
 * all, and how many bytes of buffers were held while it stood
 * still, beyond those before. Needs --expose-gc.
 */
import { join } from 'node:path'
import { job } from '../../../src/job/builder.ts'
import { emptySavepoint } from '../../../src/live/empty-savepoint.ts'
import { run } from '../../../src/live/run.ts'
import { t } from '../../../src/record/type.ts'
import { callback } from '../../../src/sink/callback.ts'
import { source } from '../../../src/source/declare.ts'
import { openLog } from '../../../src/source/log-url.ts'
import { value } from '../../../src/state/state.ts'

const [address = '', folder = ''] = process.argv.slice(2)
const standsStillMs = 1500
const fetchBytes = 1 << 20

const payments = source('payments', { schema: { user: t.string(), amount: t.int32() } })
const sums = job('sums')
  .from(payments)
  .keyBy('user')
  .apply('sum', {
    state: { sum: value(t.safeInt64(), 0) },
    onRecord({ amount }, { sum }, out) {
      sum.set(sum.get() + amount)
      out.emit({ amount })
    },
  })
  .to('sums')

const open = () => ({ payments: openLog(address, { kafka: { fetchBytes } }) })
const from = join(folder, 'savepoint')
await emptySavepoint(sums, { log: open(), into: from })

let [results, sum, held] = [0, 0, 0]
const bufferBytes = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().arrayBuffers
}
const before = bufferBytes()
/** Lets the reader do whatever it will while nobody takes what it has; on a slow machine it gets the time to do something. */
async function standStill(): Promise<void> {
  const end = Date.now() + standsStillMs
  while (Date.now() < end || held < fetchBytes / 2) {
    await new Promise(resolve => setTimeout(resolve, 50))
    held = Math.max(held, bufferBytes() - before)
  }
}

const slow = callback(async records => {
  if (results === 0) await standStill()
  else await new Promise(resolve => setImmediate(resolve))
  results += records.length
  for (const { amount } of records) sum += amount as number
})
await run(sums, {
  from,
  log: open(),
  sinks: { sums: slow },
  checkpoints: join(folder, 'checkpoints'),
  untilEnd: true,
  maxBatchRecords: 500,
})
process.stdout.write(`${JSON.stringify({ results, sum, held })}\n`)
