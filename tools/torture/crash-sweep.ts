/**
 * Stops a change to a folder at its n-th file-system call, for all n, as a killed process and as a power loss in three
 * ways (faulty-fs.mjs, which must be preloaded). Afterwards `ls` shows the old or the new, all of it is sound, the next
 * run succeeds, and nothing is left that nobody needs.
 *
 * `node --import ./tools/torture/faulty-fs.mjs --import tsx tools/torture/crash-sweep.ts [--every 7]`
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ls } from '../../src/savepoint/ls.ts'
import { allSegments } from '../../src/savepoint/manifest-rules.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { pinFile } from '../../src/source/parquet/pin.ts'
import { scenarios, type Scenario } from './crash-scenarios.ts'
import { arm, disarm } from './faulty-fs.mjs'

const modes = ['kill', 'lost', 'torn', 'mixed'] as const

const at = process.argv.indexOf('--every')
const every = at < 0 ? 1 : Number(process.argv[at + 1])

/** What a person sees: whole savepoints and checkpoints by name and what they hold; unfinished ones are nothing yet. */
async function seen(folder: string): Promise<string> {
  const found = await ls(folder)
  const damaged = found.filter(each => !each.complete && each.contents !== null)
  if (damaged.length > 0)
    throw new Error(`damaged: ${damaged.map(each => `${each.name}: ${each.problem}`).join()}`)
  const history = join(folder, 'history')
  const names = (await readdir(history).catch((): string[] => [])).filter(name => name.endsWith('.parquet'))
  const files: string[] = []
  for (const name of names.filter(each => !each.startsWith('.')).sort()) {
    await pinFile(join(history, name), folder, new Map()) // a file that is cut has none
    files.push(`${name} of ${(await stat(join(history, name))).size} bytes`)
  }
  const shown = found.filter(each => each.contents !== null)
  for (const each of shown) {
    const report = await verifySavepoint(each.path)
    const errors = report.findings.filter(({ level }) => level === 'error')
    if (errors.length > 0) throw new Error(`${each.name} is damaged: ${errors[0]!.where} ${errors[0]!.what}`)
  }
  return [...shown.map(({ name, contents }) => `${name} ${contents!.kind}`), ...files].join(', ')
}

/** Files that nobody needs after the next run. */
async function leaks(folder: string): Promise<readonly string[]> {
  const needed = new Set<string>()
  const found: string[] = []
  for (const each of await ls(folder)) {
    const { manifest } = await openSavepoint(each.path)
    for (const { name } of allSegments(manifest)) needed.add(`${name}.arrow`).add(`${name}.index.json`)
  }
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const file of files.filter(each => each.isFile())) {
    const fine =
      /^(?:manifest|\d{8})\.json$|^\d{8}\.floor$|^[^.].*\.parquet$/.test(file.name) || needed.has(file.name)
    if (!fine) found.push(file.name)
  }
  const folders = files.filter(each => each.isDirectory() && /^(?:attempt|dead)-/.test(each.name))
  return [...found, ...folders.map(({ name }) => name)]
}

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
  const watch = arm(folder, n, mode, backup)
  const ended = await Promise.race([
    scenario.change(folder).then(
      () => true,
      (error: unknown) => {
        if (watch.isStopped()) return watch.stopped.then(() => false)
        throw error
      },
    ),
    watch.stopped.then(() => false),
  ])
  disarm()
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
  const states = new Set<string>()
  const undisturbed = join(root, 'undisturbed')
  await mkdir(undisturbed, { recursive: true })
  await scenario.prepare(undisturbed)
  states.add(await seen(undisturbed))
  await scenario.change(undisturbed)
  states.add(await seen(undisturbed))
  // What is done file by file has states on the way, each one of its own.
  if (scenario.name === 'gc') for (const between of collected([...states][0]!)) states.add(between)
  if (scenario.name === 'archive') for (const between of extended([...states][1]!)) states.add(between)
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

/** What is there before the last ones came. */
function extended(shown: string): readonly string[] {
  const parts = shown.split(', ')
  return parts.map((_, i) => parts.slice(0, i + 1).join(', '))
}

/** What is left when the oldest are gone. */
function collected(shown: string): readonly string[] {
  const parts = shown.split(', ')
  return parts.map((_, i) => parts.slice(i).join(', '))
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
