/**
 * Holds `headwater scan --json` against tools/read-savepoint.py, which was made from FORMAT.md alone, on every savepoint in
 * fixtures and on one of a million keys (`--keys N` for another number). Needs Python 3 and PyPI (pyarrow, in a virtual
 * environment of its own); exit code 77 says that it was skipped for want of them.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { bootstrap, parquet } from 'headwater'
// @ts-expect-error -- plain JavaScript, as the bench runs it, without declarations
import { totals } from '../fixtures/jobs/payments.js'

const skipped = 77
const root = fileURLToPath(new URL('..', import.meta.url))
const keysFlag = process.argv.indexOf('--keys')
const keys = keysFlag < 0 ? 1_000_000 : Number(process.argv[keysFlag + 1])

function output(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 30 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

/** The Python of a fresh environment with pyarrow; null where it can't be had. */
function pythonWithArrow(folder: string): string | null {
  try {
    const environment = join(folder, 'python')
    output('python3', ['-m', 'venv', environment])
    const python = join(environment, 'bin', 'python')
    output(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pyarrow'])
    return python
  } catch (error) {
    console.log(`skipped: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`)
    return null
  }
}

/** A savepoint of that many keys. */
async function largeSavepoint(folder: string): Promise<string> {
  const file = join(folder, 'payments.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`
    copy (
      select 'u' || i as user_id, (i * 7919 % 100000)::bigint as amount,
             make_timestamp_ms(1690000000000 + i)::timestamp_ms as ts
      from range(${keys}) t(i)
    ) to '${file}' (format parquet)`)
  connection.closeSync()
  instance.closeSync()
  const into = join(folder, 'savepoint')
  await bootstrap(totals, { history: { payments: parquet(file) }, cut: { payments: { 0: 0 } }, into })
  return into
}

/** How many states of the savepoint were compared. */
function compare(python: string, savepoint: string): number {
  const reader = join(root, 'tools/read-savepoint.py')
  const states = output(python, [reader, savepoint, '--list'])
    .trimEnd()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as [uid: string, state: string])
  for (const state of states) {
    const theirs = output(python, [reader, savepoint, ...state])
    const ours = output(process.execPath, [join(root, 'dist/cli.js'), 'scan', savepoint, ...state, '--json'])
    if (ours === theirs) continue
    const [mine, other] = [ours.split('\n'), theirs.split('\n')]
    const line = mine.findIndex((text, i) => text !== other[i])
    throw new Error(
      `${savepoint} ${state.join('/')}, line ${line + 1}: scan says ${mine[line]}, Python ${other[line] ?? 'nothing'}`,
    )
  }
  return states.length
}

const folder = mkdtempSync(join(tmpdir(), 'headwater-python-'))
try {
  const python = pythonWithArrow(folder)
  if (python === null) process.exitCode = skipped
  else {
    // A folder for each version of the format, in it the savepoints.
    const folders = (path: string): string[] =>
      readdirSync(join(root, path), { withFileTypes: true })
        .filter(entry => entry.isDirectory())
        .map(entry => join(path, entry.name))
    const fixtures = folders('fixtures/savepoints')
      .flatMap(folders)
      .map(path => join(root, path))
    if (fixtures.length < 3) throw new Error(`only ${fixtures.length} savepoints in fixtures`)
    for (const path of [...fixtures, await largeSavepoint(folder)])
      console.log(`${path}: ${compare(python, path)} states are the same to scan and to Python`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
