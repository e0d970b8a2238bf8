/** From the start of the process to the first live record out of a 1 M-key savepoint, beside a bare `node -e 0`. */
import { spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTurns, median, spread, type BenchResult } from './measure.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const job = fileURLToPath(new URL('../../fixtures/jobs/payments.js', import.meta.url))

/** `savepoint`: of the payments job. */
export async function benchStart(folder: string, savepoint: string, runs: number): Promise<BenchResult> {
  const log = join(folder, 'log')
  await appendPayment(folder, log)
  const cut = join(folder, 'cut')
  const start = async (): Promise<number> => {
    await rm(cut, { recursive: true, force: true })
    return firstOutputMs(savepoint, log, cut)
  }
  const { a, b } = await inTurns(runs, start, bareNodeMs)
  console.log(
    `start to first live record: ${spread(a)} ms; node -e 0: ${spread(b)} ms (min / median / max of ${runs})`,
  )
  const over = median(a) - median(b)
  return {
    work: 'process start to first live record, 1 M keys',
    median: median(a),
    unit: 'ms',
    baseline: { work: 'node -e 0', median: median(b) },
    ratio: median(a) / median(b),
    goal: 'at most node -e 0 + 300 ms',
    met: over <= 300,
  }
}

/** A log with one payment of a user that the savepoint knows. */
async function appendPayment(folder: string, log: string): Promise<void> {
  const lines = join(folder, 'payment.ndjson')
  await writeFile(lines, `${JSON.stringify({ user_id: 'u1', amount: 1, ts: 1700000000000 })}\n`)
  await finished(['log', 'append', `file:${log}`, lines, '--partitions', '1', '--key', 'user_id'])
}

async function firstOutputMs(savepoint: string, log: string, checkpoints: string): Promise<number> {
  const started = performance.now()
  const args = ['run', job, '--from', savepoint, '--log', `payments=file:${log}`, '--sink', 'totals=stdout']
  const child = spawn(process.execPath, [cli, ...args, '--checkpoints', checkpoints], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const first = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    child.once('close', code => reject(new Error(`run ended with code ${code} before any output: ${said}`)))
  })
  const took = performance.now() - started
  if (!first.includes('"user":"u1"')) throw new Error(`unexpected first output: ${first}`)
  child.kill('SIGTERM')
  await new Promise(resolve => child.once('close', resolve))
  return took
}

async function bareNodeMs(): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
  await new Promise(resolve => child.once('close', resolve))
  return performance.now() - started
}

async function finished(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  if (code !== 0) throw new Error(`headwater ${args.join(' ')} ended with code ${code}`)
}
