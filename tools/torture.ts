/**
 * `npm run torture [-- --kills 50 --seed 1 --orders 200000]`: kills the built command line at random moments over
 * bootstrap → handoff → live, starts it again until it is done, and compares state and sinks with an undisturbed run.
 * Then stops every change of a store at every file-system call (torture/crash-sweep.ts), starts of several tasks at every 37th
 * (task-sweep.ts, `--task-calls 37`), fills the disk (full-disk.ts), damages
 * a savepoint at `--flips 2000` places and runs all commands on `--mutants 400` of a stranger's (hostile.ts).
 */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fullDisk } from './torture/full-disk-mount.ts'
import { hostile } from './torture/hostile.ts'
import { randomFrom } from './torture/random.ts'
import { differences, trial } from './torture/trial.ts'
import { makeWorld } from './torture/world.ts'

function flag(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}

const kills = flag('kills', 50)
const seed = flag('seed', 1)
const folder = await mkdtemp(join(tmpdir(), 'headwater-torture-'))
let failed = 0
let landed = 0
try {
  const world = await makeWorld(folder, flag('orders', 200_000))
  const calm = join(folder, 'calm')
  await mkdir(calm)
  const expected = await trial(world, calm, [])
  console.log(
    `undisturbed: ${expected.tookMs.toFixed(0)} ms, state ${expected.stateDigest.slice(0, 12)}, seed ${seed}`,
  )
  const random = randomFrom(seed)
  for (let number = 1; landed < kills; number++) {
    const place = join(folder, `trial-${number}`)
    await mkdir(place)
    // One kill a trial in most, some in quick succession.
    const count = Math.min(kills - landed, number % 5 === 0 ? 3 : 1)
    const moments = Array.from({ length: count }, () => random() * expected.tookMs).sort((a, b) => a - b)
    const found = await trial(world, place, moments)
    landed += found.kills
    const wrong = differences(expected, found)
    if (wrong.length > 0) failed++
    const at = moments.map(moment => moment.toFixed(0)).join(', ')
    console.log(
      `${wrong.length === 0 ? 'ok    ' : 'FAILED'} trial ${number}: ${found.kills} killed at ${at} ms ${wrong.join('; ')}`,
    )
    await rm(place, { recursive: true, force: true })
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(
  failed === 0
    ? `torture: ${landed} kills, all trials ended as the undisturbed run`
    : `torture: ${failed} trials differ`,
)
const swept = ([file, ...more]: readonly [string, ...string[]]): boolean =>
  spawnSync(
    process.execPath,
    ['--import', './tools/torture/faulty-fs.mjs', '--import', 'tsx', `tools/torture/${file}`, ...more],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: 'inherit' },
  ).status === 0
// A start of tasks has hundreds of calls, and each trial several starts: `--task-calls 1` stops at all of them.
const isSwept = [
  swept(['crash-sweep.ts']),
  swept(['task-sweep.ts', '--every', String(flag('task-calls', 37))]),
].every(Boolean)
const disk = fullDisk()
console.log(disk === null ? 'full disk: skipped, nothing may be mounted here' : disk.text.trimEnd())
const wrong = await hostile({ seed, flips: flag('flips', 2000), mutants: flag('mutants', 400) })
const fine = failed === 0 && isSwept && (disk === null || disk.code === 0) && wrong === 0
process.exitCode = fine ? 0 : 1
