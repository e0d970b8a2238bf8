// An output in parts is exact, whatever its owners do: killed at any moment, or frozen and woken after a successor took over.
import { expect } from 'chai'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { outputOf } from '../../src/savepoint/output.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { savepointOf } from '../../src/savepoint/requests/ask.ts'
import { ndjsonParts } from '../../src/sink/ndjson-parts.ts'
import { startChild, type Child } from '../child.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, entries, runToEnd, worldLog, type WorldLog } from './world.ts'

const program = new URL('parts-child.ts', import.meta.url)

describe('an output in parts', () => {
  const folders = tempFolders()

  async function world(): Promise<{ readonly folder: string; readonly log: WorldLog }> {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    return { folder, log }
  }

  /** Purchases of 1 each: the totals count up. */
  const ones = (count: number): ReturnType<typeof purchase>[] =>
    Array.from({ length: count }, () => purchase('ann', 1))
  const totals = (from: number, end: number): readonly number[] =>
    Array.from({ length: end - from }, (_, i) => from + i + 1)
  const totalsOf = (text: string): readonly number[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map(line => (JSON.parse(line) as { readonly total: number }).total)

  const parts = (folder: string): readonly string[] => {
    const out = join(folder, 'out')
    return existsSync(out) ? readdirSync(out) : []
  }
  /** What `cat DIR/*.ndjson` prints. */
  const cat = (folder: string): string =>
    parts(folder)
      .filter(name => !name.startsWith('.'))
      .sort()
      .map(name => readFileSync(join(folder, 'out', name), 'utf8'))
      .join('')
  const bytes = (folder: string): number =>
    parts(folder).reduce(
      (sum, name) => sum + (statSync(join(folder, 'out', name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    )

  async function output(folder: string): Promise<string> {
    const pieces: Uint8Array[] = []
    for await (const piece of outputOf(join(folder, 'checkpoints'))) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  async function until(what: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await what())) await systemClock.sleep(5)
  }

  const hasCheckpoint = (folder: string): boolean => {
    const manifests = join(folder, 'checkpoints', 'manifests')
    return existsSync(manifests) && readdirSync(manifests).some(name => name.endsWith('.json'))
  }

  const toEnd = (folder: string): ReturnType<typeof runToEnd> =>
    runToEnd(retail, folder, { sinks: { totals: ndjsonParts(join(folder, 'out')) } })

  it('is exact where the owner was frozen, replaced, and woken', async () => {
    const { folder, log } = await world()
    await log.append(0, ...ones(50))
    const owner: Child = startChild(program, folder, '3600000')
    await until(() => hasCheckpoint(folder) && totalsIn(folder) === 50)
    await savepointOf(join(folder, 'checkpoints'), { into: join(folder, 'taken') })
    // What it writes from here on is in no checkpoint.
    await log.append(0, ...ones(30))
    await until(() => totalsIn(folder) === 80)
    owner.signal('SIGSTOP')
    await owner.stopped()
    expect(totalsOf(await output(folder))).to.deep.equal(totals(0, 50))
    const { savepoint } = await toEnd(folder)
    const exact = cat(folder)
    const before = parts(folder).toSorted()
    expect(totalsOf(exact)).to.deep.equal(totals(0, 80))
    // It wakes, finds new records, writes results, and wants to commit.
    await log.append(0, ...ones(20))
    owner.signal('SIGCONT')
    await systemClock.sleep(100)
    owner.signal('SIGTERM')
    await owner.exitCode()
    expect(cat(folder)).to.equal(exact)
    expect(await output(folder)).to.equal(exact)
    expect(parts(folder).filter(name => !name.startsWith('.'))).to.deep.equal(before)
    const newest = await openSavepoint(join(folder, 'checkpoints'))
    expect(newest.manifest.manifestDigest).to.equal(savepoint.manifest.manifestDigest)
    await toEnd(folder)
    expect(totalsOf(cat(folder))).to.deep.equal(totals(0, 100))
    expect(parts(folder).filter(name => name.startsWith('.'))).to.deep.equal([])
  })

  it('is exact where the owner is told that it lost its folder', async () => {
    const { folder, log } = await world()
    await log.append(0, ...ones(10))
    const owner = startChild(program, folder, '0')
    await until(() => hasCheckpoint(folder) && totalsIn(folder) === 10)
    await systemClock.sleep(50)
    owner.signal('SIGSTOP')
    await owner.stopped()
    await toEnd(folder)
    const exact = cat(folder)
    expect(totalsOf(exact)).to.deep.equal(totals(0, 10))
    await log.append(0, ...ones(1))
    owner.signal('SIGCONT')
    expect(await owner.nextLine()).to.equal('lost-ownership')
    expect(await owner.exitCode()).to.equal(0)
    expect(cat(folder)).to.equal(exact)
    expect(await output(folder)).to.equal(exact)
  })

  it('is exact after kills at many moments, in its files and by its checkpoint', async () => {
    const { folder, log } = await world()
    const all = 600
    await log.append(0, ...ones(all))
    for (const size of [1, 2500, 6000, 9000, 15_000]) {
      const owner = startChild(program, folder, '0')
      await until(() => bytes(folder) >= size)
      await owner.kill()
      expect(totalsOf(await output(folder))).to.satisfy((found: readonly number[]) => isPrefix(found, all))
      expect(totalsOf(cat(folder))).to.satisfy((found: readonly number[]) => isPrefix(found, all))
    }
    const { savepoint } = await toEnd(folder)
    expect(totalsOf(cat(folder))).to.deep.equal(totals(0, all))
    expect(await output(folder)).to.equal(cat(folder))
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: all })
    expect(parts(folder).filter(name => name.startsWith('.'))).to.deep.equal([])
    expect(parts(folder).length).to.be.above(5)
  })

  /** Lines in all files, counted or not. */
  function totalsIn(folder: string): number {
    const texts = parts(folder).map(name => readFileSync(join(folder, 'out', name), 'utf8'))
    return texts.join('').split('\n').length - 1
  }

  function isPrefix(found: readonly number[], all: number): boolean {
    return found.length <= all && found.every((total, i) => total === i + 1)
  }
})
