/** The commands that look into a savepoint of 1 M keys, each beside its baseline and in turns with it. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inTurns, median, spread, type BenchResult } from './measure.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const [uid, state] = ['total-per-user', 'total'] as const
const mebibyte = 1024 * 1024

/** `savepoint`: of the payments job. */
export async function benchLooking(
  folder: string,
  savepoint: string,
  runs: number,
): Promise<readonly BenchResult[]> {
  return [
    await benchGet(savepoint, runs * 2),
    ...(await benchScan(folder, savepoint, runs)),
    await benchVerify(savepoint, runs),
    await benchDiff(folder, savepoint, runs),
  ]
}

async function benchGet(savepoint: string, runs: number): Promise<BenchResult> {
  const get = (): Promise<number> => took(process.execPath, [cli, 'get', savepoint, 'u1', '--json'])
  const { a, b } = await inTurns(runs, get, bareNode)
  console.log(`get: ${spread(a)} ms; node -e 0: ${spread(b)} ms`)
  const over = median(a) - median(b)
  return result('get of one key among 1 M', a, 'node -e 0', b, 'at most node -e 0 + 100 ms', over <= 100)
}

/** Needs the command line of DuckDB (PyPI: duckdb-cli); HEADWATER_DUCKDB names it where it is not on the path. */
async function benchScan(folder: string, savepoint: string, runs: number): Promise<readonly BenchResult[]> {
  const duckdb = process.env['HEADWATER_DUCKDB'] ?? 'duckdb'
  if (spawnSync(duckdb, ['--version']).status !== 0) {
    console.log('scan --json: not measured, there is no duckdb command (pip install duckdb-cli)')
    return []
  }
  const file = join(folder, 'state.parquet')
  await took(process.execPath, [cli, 'export', savepoint, uid, state, '--to', file, '--overwrite'])
  const lines = join(folder, 'state.ndjson')
  const scan = (): Promise<number> =>
    took(process.execPath, [cli, 'scan', savepoint, uid, state, '--json'], lines)
  const sql = `select * exclude (key_group) from '${file}'`
  const other = (): Promise<number> => took(duckdb, ['-json', '-c', sql], join(folder, 'duckdb.json'))
  const { a, b } = await inTurns(runs, scan, other)
  console.log(`scan --json: ${spread(a)} ms; duckdb -json: ${spread(b)} ms`)
  const met = median(a.map((ms, i) => ms / (b[i] as number))) <= 1
  return [result('scan --json of 1 M keys to a file', a, 'duckdb -json', b, 'at most as long as DuckDB', met)]
}

/** Everything checked: sums, order, key groups, digest. */
async function benchVerify(savepoint: string, runs: number): Promise<BenchResult> {
  const segments = join(savepoint, 'segments')
  const bytes = readdirSync(segments).reduce((sum, name) => sum + statSync(join(segments, name)).size, 0)
  const verify = (): Promise<number> => took(process.execPath, [cli, 'verify', savepoint])
  const { a, b } = await inTurns(runs, verify, bareNode)
  const goalMs = (bytes / (300 * mebibyte)) * 1000
  console.log(`verify of ${(bytes / mebibyte).toFixed(1)} MiB: ${spread(a)} ms`)
  const over = median(a) - median(b)
  return {
    ...result(
      'verify, the full check',
      a,
      `${(bytes / mebibyte).toFixed(0)} MiB at 300 MiB/s`,
      [goalMs],
      '',
      false,
    ),
    ratio: over / goalMs,
    goal: 'at least 300 MiB/s beside the start of the process',
    met: over <= goalMs,
  }
}

/** Against a copy in which 1,000 keys were set anew. */
async function benchDiff(folder: string, savepoint: string, runs: number): Promise<BenchResult> {
  const other = join(folder, 'other')
  const changes = join(folder, 'edits.ndjson')
  await editedCopy(savepoint, other, changes)
  const diff = (): Promise<number> =>
    took(process.execPath, [cli, 'diff', savepoint, other, '--json'], join(folder, 'diff.ndjson'), 1)
  const { a, b } = await inTurns(runs, diff, bareNode)
  console.log(`diff of two 1 M-key savepoints: ${spread(a)} ms`)
  const met = median(a) <= 1500
  return result('diff of two 1 M-key savepoints, 1,000 differences', a, 'node -e 0', b, 'at most 1.5 s', met)
}

/** A thousand keys set to what none had. */
async function editedCopy(savepoint: string, into: string, file: string): Promise<void> {
  const scanned = spawnSync(process.execPath, [
    cli,
    'scan',
    savepoint,
    uid,
    state,
    '--sample',
    '1000',
    '--json',
  ])
  const lines = scanned.stdout.toString().trimEnd().split('\n')
  const edits = lines.map(line => {
    const { user_id: key } = JSON.parse(line) as { readonly user_id: string }
    return `${JSON.stringify({ key, uid, state, set: -1 })}\n`
  })
  writeFileSync(file, edits.join(''))
  rmSync(into, { recursive: true, force: true })
  await took(process.execPath, [cli, 'edit', savepoint, '--into', into, '--from-file', file])
}

function bareNode(): Promise<number> {
  return took(process.execPath, ['-e', '0'])
}

/** Milliseconds of a process that ends with that code; its output goes to the file. */
async function took(command: string, args: readonly string[], output?: string, code = 0): Promise<number> {
  const target = output === undefined ? null : openSync(output, 'w')
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', target ?? 'ignore', 'inherit'] })
  const ended = await new Promise<number | null>(resolve => child.once('close', resolve))
  const ms = performance.now() - started
  if (target !== null) closeSync(target)
  if (ended !== code) throw new Error(`${command} ${args.join(' ')} ended with code ${ended}`)
  return ms
}

function result(
  work: string,
  a: readonly number[],
  baseline: string,
  b: readonly number[],
  goal: string,
  met: boolean,
): BenchResult {
  const [own, other] = [median(a), median(b)]
  return {
    work,
    median: own,
    unit: 'ms',
    baseline: { work: baseline, median: other },
    ratio: own / other,
    goal,
    met,
  }
}
