/** A small world for tests of the command line: the job of the README, its history as Parquet, its log, a savepoint. */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { duckdb } from '../duckdb.ts'
import { succeeds } from './headwater.ts'

/** The job file. */
export const retailJob: string = fileURLToPath(new URL('../../fixtures/jobs/retail.ts', import.meta.url))

const day = 86_400_000

/** The customers, in turn. */
export const customers: readonly string[] = ['ann', 'bob', 'cy', 'dee']

/** Purchases `from` to `end` (exclusive), one a day, in turn of the customers, as lines of JSON. */
export function purchases(from: number, end: number, names: readonly string[] = customers): string {
  const lines = Array.from({ length: end - from }, (_, i) => {
    const n = from + i
    const customer = names[n % names.length]
    return JSON.stringify({
      customer,
      quantity: 1 + (n % 3),
      price: 0.5 * n,
      at: 1_700_000_000_000 + n * day,
    })
  })
  return lines.map(line => `${line}\n`).join('')
}

/** What a customer has spent after that many purchases, by hand. */
export function spent(customer: string, count: number, names: readonly string[] = customers): number {
  const mine = Array.from({ length: count }, (_, n) => n).filter(n => names[n % names.length] === customer)
  return mine.reduce((sum, n) => sum + (1 + (n % 3)) * 0.5 * n, 0)
}

/**
 * Fills `folder`: `log` with 200 purchases in 2 partitions, `history/` with the first 100 of them and their positions,
 * `savepoint` of these.
 */
export async function makeSample(folder: string, names: readonly string[] = customers): Promise<void> {
  const cwd = folder
  const made = ['--partitions', '2', '--key', 'customer', '--time', 'at', '--job', retailJob]
  await succeeds(['log', 'append', 'file:log', ...made, '--roll'], { cwd, stdin: [purchases(0, 100, names)] })
  await succeeds(['archive', '--log', 'file:log', '--to', 'history'], { cwd })
  await succeeds(['log', 'append', 'file:log', '--time', 'at'], { cwd, stdin: [purchases(100, 200, names)] })
  await succeeds(['bootstrap', retailJob, '--history', 'history', '--into', 'savepoint'], { cwd })
}

/** Copies a sample, so that a test may spoil it. */
export function copySample(from: string, to: string): void {
  cpSync(from, to, { recursive: true })
}

/** Writes the rows of a query to a Parquet file, by DuckDB. */
export async function parquetOf(path: string, query: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  await duckdb(`copy (${query}) to '${path}' (format parquet)`)
}

/** One purchase as a query; a column may be replaced or, with null, left out. */
export function purchaseQuery(columns: Readonly<Record<string, string | null>> = {}): string {
  const all = {
    customer: `'ann'`,
    quantity: '1::integer',
    price: '2.5::double',
    at: `timestamp '2024-01-01 10:00:00'`,
    ...columns,
  }
  const selected = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [`${value} as ${name}`],
  )
  return `select ${selected.join(', ')}`
}

/** All paths below a folder, sorted. */
export function treeOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

/** Writes a file with its folder; returns its path. */
export function file(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}
