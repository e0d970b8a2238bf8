/**
 * Stops a change to a folder at its n-th file-system call, for all n, as a killed process and as a power loss in three
 * ways (faulty-fs.mjs, which must be preloaded). Afterwards `ls` shows the old or the new, all of it is sound, the next
 * run succeeds, and nothing is left that nobody needs.
 *
 * `node --import ./tools/torture/faulty-fs.mjs --import tsx tools/torture/crash-sweep.ts [--every 7]`
 */
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scenarios, type Scenario } from './crash-scenarios.ts'
import { stoppedAt } from './faulty-fs.mjs'
import { leaks, seen, statesOf } from './seen.ts'

const modes = ['kill', 'lost', 'torn', 'mixed'] as const

const at = process.argv.indexOf('--every')
const every = at < 0 ? 1 : Number(process.argv[at + 1])

/** The stopped process is this one: the files that bear its number are made those of one that died. */
async function bury(folder: string): Promise<void> {
  for (const place of [join(folder, 'store', 'alive'), join(folder, 'history')]) {
    for (const name of await readdir(place).catch(() => [])) {
      const dead = name.replace(`.${process.pid}.`, '.4194305.')
      await rename(join(place, name), join(place, dead))
    }
  }
}

interface Trial {
  readonly wrong: string | null
  readonly ended: boolean
}

async function trial(
  scenario: Scenario,
  place: string,
  n: number,
  mode: (typeof modes)[number],
  states: ReadonlySet<string>,
): Promise<Trial> {
  const folder = join(place, 'world')
  const backup = join(place, 'backup')
  await mkdir(folder, { recursive: true })
  await mkdir(backup)
  await scenario.prepare(folder)
  const ended = await stoppedAt(folder, n, mode, backup, () => scenario.change(folder))
  await bury(folder)
  try {
    const shows = await seen(folder)
    if (!states.has(shows)) return { ended, wrong: `shows ${shows}` }
    await scenario.next(folder)
    await seen(folder)
    const left = await leaks(folder)
    return { ended, wrong: left.length === 0 ? null : `left ${left.join(', ')}` }
  } catch (error) {
    return { ended, wrong: String(error) }
  }
}

async function sweep(scenario: Scenario, root: string): Promise<number> {
  const undisturbed = join(root, 'undisturbed')
  await mkdir(undisturbed, { recursive: true })
  const states = await statesOf(scenario, undisturbed)
  let failures = 0
  let trials = 0
  for (const mode of modes) {
    for (let n = 1; ; n += every) {
      const place = join(root, `${mode}-${n}`)
      const { ended, wrong } = await trial(scenario, place, n, mode, states)
      await rm(place, { recursive: true, force: true })
      if (ended) break
      trials++
      if (wrong === null) continue
      failures++
      console.log(`FAILED ${scenario.name}, ${mode} at call ${n}: ${wrong}`)
    }
  }
  console.log(`${failures === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}: stopped ${trials} times`)
  return failures
}

const awake = setInterval(() => undefined, 1000) // what was stopped never comes back, and would end the process
const root = await mkdtemp(join(tmpdir(), 'headwater-crash-'))
let failures = 0
try {
  for (const scenario of scenarios)
    failures += await sweep(scenario, join(root, scenario.name.replace(' ', '-')))
} finally {
  await rm(root, { recursive: true, force: true })
}
console.log(
  failures === 0 ? 'crash sweep: old or new, and nothing leaks' : `crash sweep: ${failures} failures`,
)
clearInterval(awake)
process.exit(failures === 0 ? 0 : 1)
