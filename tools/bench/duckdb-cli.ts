/** DuckDB's command line: HEADWATER_DUCKDB, or `duckdb`, or PyPI's duckdb-cli in a virtual environment of the repository. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const environment = fileURLToPath(new URL('../../node_modules/.cache/duckdb-cli', import.meta.url))

/** Null where it is not there and can't be installed. */
export function duckdbCommand(): string | null {
  const given = process.env['HEADWATER_DUCKDB'] ?? 'duckdb'
  if (succeeds(given, ['--version'])) return given
  const installed = join(environment, 'bin', 'duckdb')
  if (existsSync(installed) || install()) return succeeds(installed, ['--version']) ? installed : null
  return null
}

function install(): boolean {
  console.log('installing duckdb-cli from PyPI …')
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'duckdb-cli']
  return succeeds('python3', ['-m', 'venv', environment]) && succeeds(join(environment, 'bin', 'python'), pip)
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
