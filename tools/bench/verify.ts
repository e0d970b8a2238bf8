/**
 * `verify` of 1 M keys, checksums alone and everything, on two savepoints: the payments' (20 MiB, of which keys are most) and
 * one with wider state (some 290 MiB). The goals are for the wider one; both are printed, with the start of the process
 * (the wall time of the command beside a bare node) and without it (in a worker).
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { inTurns, median, runOnce, spread, type BenchResult, type Sample } from './measure.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const mebibyte = 1024 * 1024

/** `savepoint`: of the payments in `folder`. */
export async function benchVerify(
  folder: string,
  savepoint: string,
  runs: number,
): Promise<readonly BenchResult[]> {
  const wide = join(folder, 'wide')
  await runOnce('profiles', join(folder, 'payments.parquet'), wide)
  await benchOne('payments', savepoint, runs)
  return benchOne('wider state', wide, runs)
}

async function benchOne(what: string, savepoint: string, runs: number): Promise<readonly BenchResult[]> {
  const segments = join(savepoint, 'segments')
  const bytes = readdirSync(segments).reduce((sum, name) => sum + statSync(join(segments, name)).size, 0)
  const mib = bytes / mebibyte
  const { a, b } = await inTurns(
    runs,
    () => runOnce('sums', savepoint),
    () => runOnce('verify', savepoint),
  )
  for (const { result } of [...a, ...b]) checkResult(result)
  print(`${what}, ${mib.toFixed(0)} MiB: checksums`, a, mib, wholeMs(savepoint, ['--sums']))
  print(`${what}, ${mib.toFixed(0)} MiB: everything`, b, mib, wholeMs(savepoint, []))
  const size = `${mib.toFixed(0)} MiB, 1 M keys`
  return [
    speed(`verify --sums, ${size}`, a, mib, 1024),
    speed(`verify, the full check, ${size}`, b, mib, 300),
  ]
}

/** Sound, with all keys or rows, nothing found. */
function checkResult(result: unknown): void {
  const [sound, count, findings] = result as [boolean, number, number]
  if (!sound || count < 500_000 || findings !== 0) throw new Error(`verify found ${String(result)}`)
}

/** Of one command, with the start of its process. */
function wholeMs(savepoint: string, options: readonly string[]): number {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, [cli, 'verify', savepoint, ...options])
  if (status !== 0) throw new Error(`verify ended with ${String(status)}`)
  return performance.now() - started
}

function print(what: string, samples: readonly Sample[], mib: number, whole: number): void {
  const ms = samples.map(({ wallMs }) => wallMs)
  const cpu = spread(samples.map(({ cpuMs }) => cpuMs))
  const perSecond = (took: number): string => `${((mib / took) * 1000).toFixed(0)} MiB/s`
  console.log(
    `verify of ${what}: ${spread(ms)} ms, CPU ${cpu} ms, ${perSecond(median(ms))}; with the start of the process ${whole.toFixed(0)} ms, ${perSecond(whole)}`,
  )
}

function speed(work: string, samples: readonly Sample[], mib: number, goal: number): BenchResult {
  const ms = median(samples.map(({ wallMs }) => wallMs))
  const goalMs = (mib / goal) * 1000
  return {
    work,
    median: ms,
    unit: 'ms',
    baseline: { work: `${goal} MiB/s`, median: goalMs },
    ratio: ms / goalMs,
    goal: `at least ${goal} MiB/s beside the start of the process`,
    met: ms <= goalMs,
  }
}
