/**
 * An owner that was frozen and wakes after its successor took over changes nothing: every file of the store and of the
 * outputs is there as before, byte for byte. Layers that it wrote for a checkpoint that it could not commit are named by no
 * manifest, and the next start removes them.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import type { LogKind } from '../failures/log-kind.ts'
import { tempFolders } from '../temp-folder.ts'
import type { Running } from './headwater.ts'
import { expected, taskWorld, type TaskWorld } from './task-world.ts'

/** Who there is. Purchases 100 to 199 were live when they were frozen, 200 to 219 come before the successors, 220 to 239 after. */
interface Case {
  readonly title: string
  readonly tasks: number
  readonly frozen: readonly number[]
  readonly successors: number
  /** `0`: it is frozen at any moment of its checkpoints; `1h`: it has put out what no checkpoint counts. */
  readonly checkpointEvery: '0' | '1h'
}

const cases: readonly Case[] = [
  { title: 'the only task', tasks: 1, frozen: [0], successors: 1, checkpointEvery: '1h' },
  { title: 'the only task, in its checkpoints', tasks: 1, frozen: [0], successors: 1, checkpointEvery: '0' },
  {
    title: 'one of two tasks; the other goes on',
    tasks: 2,
    frozen: [0],
    successors: 2,
    checkpointEvery: '0',
  },
  { title: 'both of two tasks, and two come', tasks: 2, frozen: [0, 1], successors: 2, checkpointEvery: '0' },
  {
    title: 'both of two tasks, and one comes',
    tasks: 2,
    frozen: [0, 1],
    successors: 1,
    checkpointEvery: '0',
  },
]

/** What wakes, on logs of that kind; `some` leaves out cases that are much like others. */
export function frozenOwners(logs: LogKind, { some = false }: { readonly some?: boolean } = {}): void {
  describe(`a frozen owner that wakes after its successor took over, on ${logs.name}`, () => {
    const folders = tempFolders()

    for (const { title, tasks, frozen, successors, checkpointEvery } of some
      ? cases.filter((_, i) => i % 2 === 0)
      : cases) {
      it(`changes nothing: ${title}`, async () => {
        const world = await taskWorld(logs, folders())
        const runs = Array.from({ length: tasks }, (_, index) =>
          world.start(index, tasks, '--checkpoint-every', checkpointEvery),
        )
        await world.emitted(100, ...runs)
        const owners = runs.filter((_, index) => frozen.includes(index))
        for (const { child } of owners) child.kill('SIGSTOP')
        await world.append(200, 220)
        await takeOver(world, successors, frozen)
        for (const other of runs.filter(run => !owners.includes(run))) {
          await counted(world, 120, other)
          await stopped(other)
        }
        const before = { store: namedFilesOf(world), out: filesOf(world, 'out') }
        expect(world.cat()).to.have.length(120)

        await world.append(220, 240)
        for (const { child } of owners) child.kill('SIGCONT')
        // Who takes no checkpoint for long is told to stop, and wants to leave its last one.
        if (checkpointEvery !== '0') for (const { child } of owners) child.kill('SIGTERM')
        for (const { ended } of owners) {
          const { code, stderr } = await ended
          expect(code).to.equal(1)
          expect(stderr).to.match(/lost-ownership/)
        }
        expect(filesOf(world, 'out')).to.deep.equal(before.out)
        const after = filesOf(world, 'checkpoints')
        expect(after).to.include(before.store)
        const added = Object.keys(after).filter(name => !Object.hasOwn(before.store, name))
        expect(added.filter(name => !name.startsWith('segments/'))).to.deep.equal([])
        expect(await world.totals('checkpoints')).to.deep.equal(expected(220))
        expect(await world.results()).to.deep.equal({ count: 120, last: expected(220) })
        await world.toEnd()
        const left = filesOf(world, 'checkpoints')
        expect(added.filter(name => Object.hasOwn(left, name))).to.deep.equal([])
        expect(await world.results()).to.deep.equal({ count: 140, last: expected(240) })
      })
    }
  })
}

async function takeOver(world: TaskWorld, successors: number, frozen: readonly number[]): Promise<void> {
  if (successors === 1) await world.toEnd()
  else await Promise.all(frozen.map(index => world.toEnd(index, successors)))
}

/** Until checkpoints count so many results: the successors' tasks are at their ends, the one that goes on may not be. */
async function counted(world: TaskWorld, count: number, { child, ended }: Running): Promise<void> {
  while ((await world.results()).count < count) {
    if (child.exitCode !== null) throw new Error(`ended: ${(await ended).stderr}`)
    await systemClock.sleep(10)
  }
}

async function stopped({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  expect((await ended).code).to.equal(0)
}

/**
 * The digest of every file of the store that a manifest is or names. Of others its owner was about to make something when it
 * was frozen: layers that it completes when it wakes, and a manifest that it gives its name then, or removes.
 */
function namedFilesOf(world: TaskWorld): Readonly<Record<string, string>> {
  const files = filesOf(world, 'checkpoints')
  const manifests = Object.keys(files).filter(name => /^manifests\/.*\.json$/.test(name))
  const texts = manifests.map(name => readFileSync(join(world.cwd, 'checkpoints', name), 'utf8'))
  const isNamed = (name: string): boolean => {
    const [, segment] = /^segments\/(.*)\.(?:arrow|index\.json)$/.exec(name) ?? []
    return segment === undefined ? !isDraft(name) : texts.some(text => text.includes(`"${segment}"`))
  }
  return Object.fromEntries(Object.entries(files).filter(([name]) => isNamed(name)))
}

const isDraft = (name: string): boolean => /\.tmp-[0-9a-f]{32}$/.test(name)

/** The digest of every file below, but of those that say who is at work: who ends removes its own. */
function filesOf({ cwd }: TaskWorld, folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(cwd, folder), { recursive: true, encoding: 'utf8' })
  const files = names.filter(
    name => !/^(alive|requests)\b/.test(name) && statSync(join(cwd, folder, name)).isFile(),
  )
  const digests = files.toSorted().map(name => [
    name,
    createHash('sha256')
      .update(readFileSync(join(cwd, folder, name)))
      .digest('hex'),
  ])
  return Object.fromEntries(digests) as Readonly<Record<string, string>>
}
