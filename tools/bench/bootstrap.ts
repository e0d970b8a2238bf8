/** 10 M payments to a committed savepoint of 1 M keys, beside DuckDB with one thread: group, sort, write Parquet. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inTurns, median, runOnce, spread, type BenchResult, type Sample } from './measure.ts'
import { makePayments, payments } from './payments.ts'

/** The figures, and the last savepoint, for whoever goes on from it. */
export async function benchBootstrap(
  folder: string,
  runs: number,
): Promise<{ readonly results: readonly BenchResult[]; readonly savepoint: string }> {
  const file = join(folder, 'payments.parquet')
  console.log(`making ${payments.rows} payments of ${payments.users} users …`)
  await makePayments(file)
  const savepoint = join(folder, 'savepoint')
  const samples = await inTurns(
    runs,
    async () => {
      await rm(savepoint, { recursive: true, force: true })
      return runOnce('bootstrap', file, savepoint)
    },
    () => runOnce('duckdb', file, join(folder, 'duckdb.parquet')),
  )
  check(samples.a, samples.b)
  print('bootstrap to a committed savepoint', samples.a)
  print('DuckDB, 1 thread', samples.b)
  return { results: [speed(samples.a, samples.b), memory(samples.a)], savepoint }
}

/** Every run found the same number of keys; ours applied every row. */
function check(ours: readonly Sample[], theirs: readonly Sample[]): void {
  const [first] = theirs
  const keys = (first?.result as [number, string])[0]
  for (const { result } of ours) {
    const [found, rows] = result as [number, number]
    if (found !== keys || rows !== payments.rows)
      throw new Error(`bootstrap found ${String(result)}, not ${keys} keys`)
  }
}

function print(work: string, samples: readonly Sample[]): void {
  const wall = spread(samples.map(({ wallMs }) => wallMs))
  const cpu = spread(samples.map(({ cpuMs }) => cpuMs))
  const rss = spread(samples.map(({ rssMb }) => rssMb))
  console.log(
    `${work}: wall ${wall} ms, CPU ${cpu} ms, memory ${rss} MB (min / median / max of ${samples.length})`,
  )
}

function speed(ours: readonly Sample[], theirs: readonly Sample[]): BenchResult {
  const wall = (samples: readonly Sample[]): number => median(samples.map(({ wallMs }) => wallMs))
  // Pair by pair, so that a slow minute of the machine counts against both.
  const ratio = median(ours.map(({ wallMs }, i) => wallMs / (theirs[i] as Sample).wallMs))
  return {
    work: '10 M payments, 1 M users, to a committed savepoint',
    median: wall(ours),
    unit: 'ms',
    baseline: {
      work: 'DuckDB, 1 thread: group, sort by key group and key, write Parquet',
      median: wall(theirs),
    },
    ratio,
    goal: 'at most 2 times DuckDB',
    met: ratio <= 2,
  }
}

function memory(ours: readonly Sample[]): BenchResult {
  const largest = Math.max(...ours.map(({ rssMb }) => rssMb))
  return {
    work: 'the same, largest resident size',
    median: largest,
    unit: 'MB',
    baseline: { work: '1 GiB', median: 1024 },
    ratio: largest / 1024,
    goal: 'at most 1 GiB',
    met: largest <= 1024,
  }
}
