// Running total per user of the messages that tools/kafka's `fill` writes: the job of npm run bench:kafka. It says itself
// from which record to which its process was at work: a line in the file HEADWATER_BENCH_MARKS, for each thread that ran it.
import { appendFileSync } from 'node:fs'
import { job, source, t, value } from 'headwater'

const payments = source('payments', {
  schema: { user: t.string(), amount: t.safeInt64(), ts: t.timestamp('ms') },
  eventTime: 'ts',
  partitionedByKey: true,
})

// Looked at every 8,192 records, some 16 ms: asking for CPU time is not free.
const every = 8192
let records = 0
let first = null
let last = null

function mark() {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.timeOrigin + performance.now(), cpuMs: (user + system) / 1000 }
}

export const totals = job('payments')
  .from(payments)
  .keyBy('user')
  .apply('total-per-user', {
    state: { total: value(t.safeInt64(), 0) },
    onRecord({ amount }, { total }) {
      if (records++ % every === 0) {
        last = mark()
        first ??= last
      }
      total.set(total.get() + amount)
    },
  })

process.on('exit', () => {
  const file = process.env['HEADWATER_BENCH_MARKS']
  if (file === undefined || first === null) return
  const rssMb = process.resourceUsage().maxRSS / 1024
  appendFileSync(file, `${JSON.stringify({ first, last, records, rssMb })}\n`)
})
