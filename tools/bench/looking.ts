/** The commands that look into a savepoint of 1 M keys, each beside its baseline and in turns with it. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { duckdbCommand } from './duckdb-cli.ts'
import { inTurns, median, spread, type BenchResult } from './measure.ts'
import { payments } from './payments.ts'
import { benchVerify } from './verify.ts'

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const [uid, state] = ['total-per-user', 'total'] as const

/** `savepoint`: of the payments job. */
export async function benchLooking(
  folder: string,
  savepoint: string,
  runs: number,
): Promise<readonly BenchResult[]> {
  return [
    await benchGet(savepoint, runs * 2),
    ...(await benchScan(folder, savepoint, runs)),
    ...(await benchVerify(folder, savepoint, runs)),
    ...(await benchDiff(folder, savepoint, runs)),
  ]
}

async function benchGet(savepoint: string, runs: number): Promise<BenchResult> {
  const get = (): Promise<number> => took(process.execPath, [cli, 'get', savepoint, 'u1', '--json'])
  const { a, b } = await inTurns(runs, get, bareNode)
  console.log(`get: ${spread(a)} ms; node -e 0: ${spread(b)} ms`)
  const over = median(a) - median(b)
  return result('get of one key among 1 M', a, 'node -e 0', b, 'at most node -e 0 + 100 ms', over <= 100)
}

/** Beside DuckDB's command line; both must print the same number of rows. */
async function benchScan(folder: string, savepoint: string, runs: number): Promise<readonly BenchResult[]> {
  const duckdb = duckdbCommand()
  if (duckdb === null) {
    console.log('NOT MEASURED: scan --json beside DuckDB, for want of duckdb-cli (PyPI) or Python 3')
    return []
  }
  const file = join(folder, 'state.parquet')
  await took(process.execPath, [cli, 'export', savepoint, uid, state, '--to', file, '--overwrite'])
  const lines = join(folder, 'state.ndjson')
  const array = join(folder, 'duckdb.json')
  const scan = (): Promise<number> =>
    took(process.execPath, [cli, 'scan', savepoint, uid, state, '--json'], lines)
  const sql = `select * exclude (key_group) from '${file}'`
  const other = (): Promise<number> => took(duckdb, ['-json', '-c', sql], array)
  const { a, b } = await inTurns(runs, scan, other)
  const rows = [linesOf(lines), linesOf(array)]
  if (rows[0] !== rows[1] || rows[0]! < payments.users / 2)
    throw new Error(`scan printed ${rows[0]} rows, DuckDB ${rows[1]}`)
  console.log(`scan --json: ${spread(a)} ms; duckdb -json: ${spread(b)} ms`)
  const met = median(a.map((ms, i) => ms / (b[i] as number))) <= 1
  return [result('scan --json of 1 M keys to a file', a, 'duckdb -json', b, 'at most as long as DuckDB', met)]
}

/** Against a copy in which 1,000 keys were set anew. */
async function benchDiff(folder: string, savepoint: string, runs: number): Promise<readonly BenchResult[]> {
  const other = join(folder, 'other')
  const changes = join(folder, 'edits.ndjson')
  await editedCopy(savepoint, other, changes)
  const lines = join(folder, 'diff.ndjson')
  const diff = (): Promise<number> =>
    took(process.execPath, [cli, 'diff', savepoint, other, '--json'], lines, 1)
  const { a, b } = await inTurns(runs, diff, bareNode)
  const changed = readFileSync(lines, 'utf8')
    .split('\n')
    .filter(line => line.includes('"changed"')).length
  if (changed < 1000) throw new Error(`diff printed ${changed} changed keys, not 1000`)
  const memory = memoryOf([cli, 'diff', savepoint, other, '--json'])
  console.log(`diff of two 1 M-key savepoints: ${spread(a)} ms, ${memory.toFixed(0)} MB`)
  const work = 'diff of two 1 M-key savepoints, 1,000 differences'
  return [
    result(work, a, 'node -e 0', b, 'at most 1.5 s', median(a) <= 1500),
    {
      work: 'the same, largest resident size',
      median: memory,
      unit: 'MB',
      baseline: { work: '300 MB', median: 300 },
      ratio: memory / 300,
      goal: 'at most 300 MB',
      met: memory <= 300,
    },
  ]
}

/** The largest resident size of a run of Node, MB: it tells it itself when it ends. */
function memoryOf(args: readonly string[]): number {
  const tell = `process.on('exit', () => require('fs').writeSync(2, 'rss ' + process.resourceUsage().maxRSS + '\\n'))`
  const preload = `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('/'); ${tell}`)}`
  const { stderr } = spawnSync(process.execPath, ['--import', preload, ...args], { maxBuffer: 2 ** 28 })
  const found = /rss (\d+)/.exec(stderr.toString())
  if (found === null) throw new Error(`no memory was told: ${stderr.toString()}`)
  return Number(found[1]) / 1024
}

/** Lines with a row in them, of NDJSON or of DuckDB's array. */
function linesOf(file: string): number {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line.includes('{')).length
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
