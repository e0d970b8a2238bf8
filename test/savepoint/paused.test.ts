/** Another process is stopped at each of its file-system calls; what somebody else does meanwhile breaks neither. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { systemClock } from '../../src/clock.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { allSegments } from '../../src/savepoint/manifest-rules.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { Retention } from '../../src/savepoint/retention.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import type { Outcome, Task } from './paused-child.ts'
import { inTempFolder } from './samples.ts'
import {
  commitLayers,
  makeSmallStore,
  mergeLayers,
  smallOwner,
  writeEntry,
  type SmallOwner,
} from './small-store.ts'

class PausedChild {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  constructor() {
    const place = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
    const args = ['--import', place('pausing-fs.mjs'), '--import', 'tsx', place('paused-child.ts')]
    this.#process = spawn(process.execPath, args)
    this.#process.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /** Does it; when it is stopped on the way, `meanwhile` is done before it goes on. */
  async do(task: Task, meanwhile: () => Promise<void>): Promise<Outcome> {
    this.#process.stdin.write(`${JSON.stringify(task)}\n`)
    const ends: string[] = []
    const printed = this.#lines.next().then(({ value }) => ends.push(value as string))
    while (ends.length === 0 && !this.#isStopped()) await Promise.race([printed, systemClock.sleep(1)])
    if (ends.length === 0) {
      try {
        await meanwhile()
      } finally {
        this.#process.kill('SIGCONT')
      }
    }
    await printed
    return JSON.parse(ends[0]!) as Outcome
  }

  end(): void {
    this.#process.kill('SIGKILL')
  }

  #isStopped(): boolean {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  }
}

/** All calls take a minute on a small machine: with 1 they are tried, otherwise every so many. */
const every = Number(process.env['HEADWATER_PAUSE_EVERY'] ?? 9)

interface Sweep {
  readonly does: Task['does']
  /** Done before it begins. */
  readonly begin?: (path: string) => Promise<void>
  readonly meanwhile: (path: string) => Promise<void>
  /** Looks at how the other process ended. */
  readonly check: (outcome: Outcome, path: string) => void | Promise<void>
}

describe('a process that is stopped at any file-system call', function () {
  this.timeout(120_000)
  let child: PausedChild

  before(function () {
    if (process.platform !== 'linux') return this.skip()
    child = new PausedChild()
  })
  after(() => child?.end())

  /** For all calls; answers how many there were. */
  async function sweep(root: string, { does, begin, meanwhile, check }: Sweep): Promise<number> {
    const original = join(root, 'original')
    await makeSmallStore(original, 3)
    for (let at = 1; ; at += every) {
      const path = join(root, String(at))
      cpSync(original, path, { recursive: true })
      await begin?.(path)
      const outcome = await child.do({ does, path, at }, () => meanwhile(path))
      try {
        await check(outcome, path)
        await soundAndClean(path)
      } catch (error) {
        throw new Error(`stopped at call ${at} of ${outcome.calls}: ${String(error)}`, { cause: error })
      }
      await rm(path, { recursive: true })
      if (at > outcome.calls) return outcome.calls
    }
  }

  /** It is sound; when nobody is at it any more, a collection leaves what checkpoints name, and nothing else. */
  async function soundAndClean(path: string): Promise<void> {
    const errors = async (): Promise<unknown> =>
      (await verifySavepoint(path)).findings.filter(({ level }) => level === 'error')
    expect(await errors()).to.deep.equal([])
    const { ownerAlive } = await gc(path, { keep: 1 })
    expect(ownerAlive).to.equal(false)
    expect(await errors()).to.deep.equal([])
    const { manifest } = await openSavepoint(path)
    const named = allSegments(manifest).flatMap(({ name }) => [`${name}.arrow`, `${name}.index.json`])
    expect(readdirSync(join(path, 'segments'))).to.have.members(named)
    expect(readdirSync(join(path, 'alive'))).to.deep.equal([])
  }

  const numberOf = async (path: string): Promise<number> => (await openSavepoint(path)).manifest.number

  /** A run that takes over, goes on, folds everything, and lets all but the newest checkpoint go. */
  async function takeOver(path: string): Promise<void> {
    const owner = await smallOwner(path)
    await commitLayers(owner, 'start')
    await owner.store.removeLeftovers()
    await writeEntry(owner, 'other')
    await mergeLayers(owner, 0)
    await commitLayers(owner)
    await new Retention(path, { keep: 1, keepForMs: 0 }, systemClock).apply()
    await owner.store.close()
  }

  for (const [does, newest] of [
    ['commit', 4],
    ['merge', 5],
    ['compact', 4],
  ] as const)
    it(`gc at every call of ${does} breaks nothing`, () =>
      inTempFolder(async root => {
        const calls = await sweep(root, {
          does,
          meanwhile: async path => void (await gc(path, { keep: 1 })),
          check: async ({ failed }, path) => {
            expect(failed).to.equal(null)
            expect(await numberOf(path)).to.equal(newest)
          },
        })
        expect(calls).to.be.greaterThan(25)
      }))

  for (const does of ['commit', 'merge', 'compact'] as const)
    it(`another owner at every call of ${does} wins, or comes after it`, () =>
      inTempFolder(async root => {
        const ends = new Set<string | null>()
        await sweep(root, {
          does,
          meanwhile: takeOver,
          check: ({ failed }) => {
            ends.add(failed)
          },
        })
        expect([...ends]).to.have.members([null, 'conflict lost-ownership'])
      }))

  it('commits, merges and retention of an owner at every call of gc break nothing', () =>
    inTempFolder(async root => {
      // It is at work already: one that begins waits for the end of a collection.
      let owner: SmallOwner
      await sweep(root, {
        does: 'gc',
        begin: async path => {
          owner = await smallOwner(path)
        },
        meanwhile: async path => {
          await writeEntry(owner, 'more')
          await mergeLayers(owner, 0)
          await commitLayers(owner)
          await new Retention(path, { keep: 1, keepForMs: 0 }, systemClock).apply()
        },
        check: async ({ failed }) => {
          expect(failed).to.equal(null)
          await owner.store.close()
        },
      })
    }))

  it('an owner at every call of a reader takes nothing away from it', () =>
    inTempFolder(async root => {
      const digests = new Map<number, string>()
      await sweep(root, {
        does: 'read',
        meanwhile: async path => {
          digests.set(3, await stateDigest(path))
          await takeOver(path)
          digests.set(5, await stateDigest(path))
        },
        check: async ({ failed, result }) => {
          expect(failed).to.equal(null)
          const [number, digest] = result as [number, string]
          expect(digest).to.equal(digests.get(number))
        },
      })
    }))
})
