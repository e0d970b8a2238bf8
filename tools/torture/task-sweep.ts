/**
 * Stops starts and stops of several tasks at their n-th file-system call, as crash-sweep.ts does it: seals, generations, joins, and
 * parts of outputs that are being finished. What is left is of one instant and sound; the next start goes on from it, and in the end
 * every purchase counts once, in the state and in the finished parts, and nothing is left that nobody needs.
 *
 * `node --import ./tools/torture/faulty-fs.mjs --import tsx tools/torture/task-sweep.ts [--every 3] [--only joins] [--mode kill]`
 */
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stoppedAt } from './faulty-fs.mjs'
import { leaks } from './seen.ts'
import { TaskSweepWorld } from './task-world.ts'

const modes = ['kill', 'lost', 'torn', 'mixed'] as const
type Mode = (typeof modes)[number]

/** How many tasks there are: before, while the sweep stops them, and after. */
const scenarios: readonly (readonly [name: string, before: number, stopped: number, after: number])[] = [
  ['a first generation', 1, 2, 2],
  ['joins', 2, 2, 2],
  ['seals and another generation', 2, 3, 3],
  ['seals, then others', 3, 2, 1],
  ['one after several', 2, 1, 2],
]

const flag = (name: string): string | null => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? null : process.argv[at + 1]!
}
const every = Number(flag('every') ?? 1)

async function prepared(folder: string, before: number): Promise<TaskSweepWorld> {
  const world = new TaskSweepWorld(folder)
  await mkdir(world.runs, { recursive: true })
  await world.begin()
  await world.append(0, 12)
  await world.run(before)
  await world.append(12, 24)
  return world
}

/** The stopped process is this one: its files are made those of one that died. */
async function bury(world: TaskSweepWorld): Promise<void> {
  const alive = join(world.store, 'alive')
  for (const name of await readdir(alive).catch(() => []))
    await rename(join(alive, name), join(alive, name.replace(`.${process.pid}.`, '.4194305.')))
}

async function trial(
  place: string,
  [, before, count, after]: (typeof scenarios)[number],
  mode: Mode,
  n: number,
): Promise<{ readonly ended: boolean; readonly wrong: string | null }> {
  const world = await prepared(place, before)
  const backup = join(place, 'backup')
  await mkdir(backup)
  const ended = await stoppedAt(world.watched, n, mode, backup, () => world.run(count))
  await bury(world)
  return { ended, wrong: await wrongWith(world, after).catch((error: unknown) => String(error)) }
}

async function wrongWith(world: TaskSweepWorld, after: number): Promise<string | null> {
  const found = await world.disorder()
  if (found !== null) return found
  await world.run(after)
  // Tasks leave what others may stand on; one task at the end needs nothing but its savepoint.
  await world.run(1)
  const left = await leaks(world.runs)
  return (
    (await world.disorder()) ??
    (await world.incomplete(24)) ??
    (left.length > 0 ? `left ${left.join(', ')}` : null)
  )
}

async function sweep(scenario: (typeof scenarios)[number], root: string): Promise<number> {
  let [trials, failures] = [0, 0]
  for (const [i, mode] of modes.entries()) {
    if ((flag('mode') ?? mode) !== mode) continue
    for (let n = 1 + (i % every); ; n += every) {
      const place = join(root, `${mode}-${n}`)
      await mkdir(place, { recursive: true })
      const { ended, wrong } = await trial(place, scenario, mode, n)
      await rm(place, { recursive: true, force: true })
      if (wrong !== null) {
        failures++
        console.log(`FAILED ${scenario[0]}, ${mode} at call ${n}: ${wrong}`)
      }
      if (ended) break
      trials++
    }
  }
  console.log(`${failures === 0 ? 'ok    ' : 'FAILED'} ${scenario[0]}: stopped ${trials} times`)
  return failures
}

const awake = setInterval(() => undefined, 1000) // what was stopped never comes back, and would end the process
const root = await mkdtemp(join(tmpdir(), 'headwater-task-sweep-'))
let failures = 0
try {
  for (const [i, scenario] of scenarios.entries())
    if ((flag('only') ?? scenario[0]) === scenario[0])
      failures += await sweep(scenario, join(root, String(i)))
} finally {
  await rm(root, { recursive: true, force: true })
}
console.log(
  failures === 0
    ? 'task sweep: nothing lost, nothing twice, nothing left'
    : `task sweep: ${failures} failures`,
)
clearInterval(awake)
process.exit(failures === 0 ? 0 : 1)
