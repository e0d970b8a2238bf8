/**
 * A disk that is full: each change of crash-scenarios.ts in a file system of its own with room for 0, 1, 2 … pages more, until
 * it succeeds. Where it fails it says so, leaves the old and nothing else, and works when there is room.
 *
 * `node --import tsx tools/torture/full-disk.ts FOLDER`, where FOLDER is a small tmpfs; full-disk-mount.ts makes one.
 */
import { mkdir, mkdtemp, rm, statfs, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HeadwaterError } from '../../src/errors.ts'
import { scenarios, type Scenario } from './crash-scenarios.ts'
import { leaks, seen, statesOf } from './seen.ts'

const root = process.argv[2]!
const page = 4096

/** Leaves that many pages. */
async function fill(pages: number): Promise<void> {
  const { bavail, bsize } = await statfs(root)
  await writeFile(join(root, 'filler'), new Uint8Array(bavail * bsize - pages * page))
  const free = (await statfs(root)).bavail * bsize
  if (free !== pages * page) throw new Error(`${free} bytes are free instead of ${pages} pages`)
}

/** Whether the change succeeded with so much room. */
async function trial(scenario: Scenario, states: ReadonlySet<string>, pages: number): Promise<boolean> {
  const folder = join(root, 'world')
  await mkdir(folder)
  await scenario.prepare(folder)
  const [old] = states
  await fill(pages)
  const error = await failureOf(scenario.change(folder))
  const [shows, left] = [await seen(folder), await leaks(folder)]
  await rm(join(root, 'filler'))
  if (error === null) return true
  const isClear =
    error instanceof HeadwaterError &&
    error.kind === 'unavailable' &&
    /disk-full|write-failed/.test(error.code) &&
    error.remedy !== undefined
  if (!isClear) throw error
  if (!states.has(shows)) throw new Error(`shows ${shows} instead of ${old}`)
  if (left.length > 0 && scenario.leavesToNext !== true) throw new Error(`left ${left.join(', ')}`)
  await scenario.next(folder)
  const after = await leaks(folder)
  if (after.length > 0) throw new Error(`left ${after.join(', ')} when there was room`)
  return false
}

async function failureOf(change: Promise<unknown>): Promise<Error | null> {
  return change.then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
  )
}

/** The place with transactions of crash-scenarios.ts stands for another machine, whose disk has room. */
const elsewhere = await mkdtemp(join(tmpdir(), 'headwater-elsewhere-'))

async function empty(): Promise<void> {
  for (const name of ['world', 'log', 'filler', 'place'])
    await rm(join(root, name), { recursive: true, force: true })
  await rm(elsewhere, { recursive: true, force: true })
  await mkdir(elsewhere)
  await symlink(elsewhere, join(root, 'place'))
}

let failures = 0
for (const scenario of scenarios) {
  await empty()
  await mkdir(join(root, 'world'))
  const states = await statesOf(scenario, join(root, 'world'))
  await empty()
  for (let pages = 0, done = false; !done; pages++) {
    try {
      done = await trial(scenario, states, pages)
      if (done) console.log(`ok     ${scenario.name}: needs ${pages} pages, and failed well with any fewer`)
    } catch (error) {
      failures++
      console.log(`FAILED ${scenario.name} with ${pages} pages: ${String(error)}`)
      done = pages > 200
    }
    await empty()
  }
}
await rm(elsewhere, { recursive: true, force: true })
process.exit(failures === 0 ? 0 : 1)
