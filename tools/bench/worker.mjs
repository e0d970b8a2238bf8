/** The pieces of work that the benchmark times, each in a process of its own: `worker.ts WORK ARGS…` prints a sample. */
import { DuckDBInstance } from '@duckdb/node-api'
import { bootstrap, parquet, verify } from 'headwater'
import { totals } from '../../fixtures/jobs/payments.js'
import { profiles } from './wide-job.mjs'

/** @type {Record<string, (...args: string[]) => Promise<unknown>>} */
const works = {
  /** FILE INTO: group, sort by a hash group and key, write Parquet; one thread. */
  async duckdb(file, into) {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await connection.run(`
      COPY (
        SELECT hash(user_id) % 256 AS key_group, user_id, sum(amount)::BIGINT AS total
        FROM read_parquet('${file}') GROUP BY user_id ORDER BY key_group, user_id
      ) TO '${into}' (FORMAT parquet)`)
    const read = await connection.runAndReadAll(
      `SELECT count(*)::INT, sum(total)::BIGINT::VARCHAR FROM '${into}'`,
    )
    return read.getRowsJson()[0]
  },
  /** FILE INTO: the same state, as a committed savepoint. */
  async bootstrap(file, into) {
    const savepoint = await bootstrap(totals, {
      history: { payments: parquet(file) },
      cut: { payments: { 0: 0 } },
      into,
    })
    return [savepoint.manifest.counts.operators[0]?.keys, savepoint.manifest.counts.sources[0]?.rows]
  },
  /** FILE INTO: the same keys with wider state. */
  async profiles(file, into) {
    const job = { history: { payments: parquet(file) }, cut: { payments: { 0: 0 } }, into }
    return (await bootstrap(profiles, job)).manifest.counts.operators[0]?.keys
  },
  /** SAVEPOINT: everything checked. */
  async verify(savepoint) {
    const { sound, keys, findings } = await verify(savepoint)
    return [sound, keys[0]?.keys, findings.length]
  },
  /** SAVEPOINT: the checksums alone. */
  async sums(savepoint) {
    const { sound, rows, findings } = await verify(savepoint, { sumsOnly: true })
    return [sound, rows, findings.length]
  },
}

const [name = '', ...args] = process.argv.slice(2)
const work = works[name]
if (!work) throw new Error(`unknown work ${name}: one of ${Object.keys(works).join(', ')}`)
const cpu = process.cpuUsage()
const started = performance.now()
const result = await work(...args)
const wallMs = performance.now() - started
const { user, system } = process.cpuUsage(cpu)
const rssMb = process.resourceUsage().maxRSS / 1024
process.stdout.write(`${JSON.stringify({ wallMs, cpuMs: (user + system) / 1000, rssMb, result })}\n`)
