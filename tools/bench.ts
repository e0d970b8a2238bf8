/**
 * `npm run bench [-- --runs N]`: times the work that Headwater exists for beside its baseline, in the same run and in
 * turns, checks what each run found, prints a table and writes bench.json. Times are without the start of a process
 * unless the work is the start of a process. Not measured: cold disks (the files were just written), more than one
 * worker, state that does not fit in memory.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchBootstrap } from './bench/bootstrap.ts'
import { benchLooking } from './bench/looking.ts'
import { benchStart } from './bench/start.ts'
import type { BenchResult } from './bench/measure.ts'

const runsFlag = process.argv.indexOf('--runs')
const runs = runsFlag < 0 ? 5 : Number(process.argv[runsFlag + 1])
const folder = await mkdtemp(join(tmpdir(), 'headwater-bench-'))
try {
  const results: BenchResult[] = []
  const built = await benchBootstrap(folder, runs)
  results.push(...built.results)
  results.push(await benchStart(folder, built.savepoint, runs * 2))
  results.push(...(await benchLooking(folder, built.savepoint, runs)))
  await writeFile('bench.json', `${JSON.stringify(results, null, 2)}\n`)
  for (const result of results) {
    const { work, median, unit, baseline, ratio, goal, met } = result
    console.log(
      `${met ? 'met   ' : 'MISSED'}  ${work}: ${median.toFixed(0)} ${unit}; ${baseline.work}: ${baseline.median.toFixed(0)} ${unit}; ratio ${ratio.toFixed(2)}; goal: ${goal}`,
    )
  }
  if (results.some(({ met }) => !met)) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
