// A job that several processes share, or several threads of one: by its folder it is one.
import { expect } from 'chai'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { outputOf } from '../../src/savepoint/output.ts'
import { openFileLogWriter } from '../../src/source/file-log/log-writer.ts'
import { entries } from '../live/world.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'
import { headwater, startHeadwater, succeeds, type Running } from './headwater.ts'
import { copySample, file, makeSample, purchases as purchasesOf, retailJob, spent } from './sample.ts'

describe('command line: tasks', () => {
  const folder = tempFolders()
  const sample = sharedFolder()

  /** In both partitions. */
  const names = ['ann', 'gus', 'dee', 'ida']
  const purchases = (from: number, end: number): string => purchasesOf(from, end, names)

  before(() => makeSample(sample(), names))

  const line = [
    ...['run', 'keyed.ts', '--from', 'savepoint', '--log', 'purchases=file:log'],
    ...['--sink', 'totals=ndjson:out/', '--checkpoints', 'checkpoints'],
  ]

  function world(): string {
    const cwd = folder()
    copySample(sample(), cwd)
    const keyed = readFileSync(retailJob, 'utf8').replace(
      "eventTime: 'at',",
      "eventTime: 'at', partitionedByKey: true,",
    )
    file(cwd, 'keyed.ts', keyed)
    return cwd
  }

  const task = (cwd: string, index: number, count: number, ...more: readonly string[]): Running =>
    startHeadwater([...line, '--task', `${index}/${count}`, '--json', ...more], { cwd })

  const files = (cwd: string): readonly string[] => {
    const out = join(cwd, 'out')
    return existsSync(out) ? readdirSync(out) : []
  }
  const linesOf = (cwd: string, names: readonly string[]): readonly string[] =>
    names.flatMap(name =>
      readFileSync(join(cwd, 'out', name), 'utf8')
        .split('\n')
        .slice(0, -1),
    )

  /** Waits until the runs have put out so many results together, counted by a checkpoint or not. */
  async function emitted(cwd: string, count: number, ...runs: readonly Running[]): Promise<void> {
    while (linesOf(cwd, files(cwd)).length < count) {
      const dead = runs.find(({ child }) => child.exitCode !== null)
      if (dead !== undefined) throw new Error(`ended: ${(await dead.ended).stderr}`)
      await systemClock.sleep(10)
    }
  }

  async function append(cwd: string, from: number, end: number): Promise<void> {
    const writer = await openFileLogWriter(join(cwd, 'log'))
    const values = purchases(from, end)
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as { customer: string })
    await writer.appendByKey(values.map(value => ({ key: value.customer, value, time: 0 })))
    await writer.close()
  }

  async function totals(cwd: string, path: string): Promise<Record<string, unknown>> {
    return entries(await openSavepoint(join(cwd, path)), 'spend-per-customer', 'total')
  }

  const expected = (count: number): Record<string, number> =>
    Object.fromEntries(names.map(customer => [customer, spent(customer, count, names)]))

  /** How many results count, and the last of each customer. */
  async function results(cwd: string): Promise<{ readonly count: number; readonly last: object }> {
    const pieces: Uint8Array[] = []
    for await (const piece of outputOf(join(cwd, 'checkpoints'))) pieces.push(piece)
    const rows = Buffer.concat(pieces)
      .toString()
      .split('\n')
      .slice(0, -1)
      .map(each => JSON.parse(each) as { readonly customer: string; readonly total: number })
    return {
      count: rows.length,
      last: Object.fromEntries(rows.map(({ customer, total }) => [customer, total])),
    }
  }

  /** What `cat DIR/*.ndjson` prints. */
  const cat = (cwd: string): readonly string[] =>
    linesOf(
      cwd,
      files(cwd)
        .filter(name => !name.startsWith('.'))
        .toSorted(),
    )

  it('two processes share a job; one savepoint is of both, one stop is for both, and one process goes on', async () => {
    const cwd = world()
    const runs = [task(cwd, 0, 2), task(cwd, 1, 2)]
    await emitted(cwd, 100, ...runs)
    const told = JSON.parse(
      await succeeds(['savepoint', 'checkpoints', '--into', 'taken', '--json'], { cwd }),
    ) as object
    expect(told).to.include({ event: 'savepoint' })
    expect(await totals(cwd, 'taken')).to.deep.equal(expected(200))
    await succeeds(['stop', 'checkpoints'], { cwd })
    for (const { ended } of runs) expect((await ended).code).to.equal(0)
    expect(await totals(cwd, 'checkpoints')).to.deep.equal(expected(200))
    expect(await stateDigest(await openSavepoint(join(cwd, 'checkpoints')))).to.equal(
      (await openSavepoint(join(cwd, 'taken'))).manifest.stateDigest,
    )
    expect(await succeeds(['show', 'checkpoints'], { cwd })).to.match(/tasks +2/)
    await append(cwd, 200, 220)
    await succeeds([...line, '--until-end'], { cwd })
    expect(await totals(cwd, 'checkpoints')).to.deep.equal(expected(220))
    expect(await results(cwd)).to.deep.equal({ count: 120, last: expected(220) })
  })

  for (const successors of [1, 2]) {
    it(`a frozen task that wakes after ${successors} took over changes nothing`, async () => {
      const cwd = world()
      const runs = [task(cwd, 0, 2, '--checkpoint-every', '0'), task(cwd, 1, 2, '--checkpoint-every', '0')]
      await emitted(cwd, 100, ...runs)
      for (const { child } of runs) child.kill('SIGSTOP')
      await append(cwd, 200, 220)
      const next =
        successors === 1
          ? [succeeds([...line, '--until-end'], { cwd })]
          : [0, 1].map(index => succeeds([...line, '--until-end', '--task', `${index}/2`], { cwd }))
      await Promise.all(next)
      const exact = cat(cwd)
      expect(exact).to.have.length(120)
      await append(cwd, 220, 240)
      for (const { child } of runs) child.kill('SIGCONT')
      for (const { ended } of runs) {
        const { code, stderr } = await ended
        expect(code).to.equal(1)
        expect(stderr).to.match(/lost-ownership/)
      }
      expect(cat(cwd)).to.deep.equal(exact)
      expect(await totals(cwd, 'checkpoints')).to.deep.equal(expected(220))
      expect(await results(cwd)).to.deep.equal({ count: 120, last: expected(220) })
    })
  }

  it('a task that was killed goes on by itself, and all is exact in the end', async () => {
    const cwd = world()
    const [first, second] = [task(cwd, 0, 2, '--checkpoint-every', '0'), task(cwd, 1, 2)]
    await emitted(cwd, 100, first, second)
    await append(cwd, 200, 230)
    first.child.kill('SIGKILL')
    await first.ended
    await succeeds([...line, '--task', '0/2', '--until-end'], { cwd })
    expect(second.child.exitCode).to.equal(null)
    await succeeds(['stop', 'checkpoints'], { cwd })
    expect((await second.ended).code).to.equal(0)
    await succeeds([...line, '--until-end'], { cwd })
    expect(await totals(cwd, 'checkpoints')).to.deep.equal(expected(230))
    expect(await results(cwd)).to.deep.equal({ count: 130, last: expected(230) })
  })

  it('--workers does the same in threads, and ends with one folded savepoint', async () => {
    const cwd = world()
    const out = await succeeds([...line, '--workers', '2', '--until-end', '--json'], { cwd })
    const ended = JSON.parse(out) as { readonly savepoint: string; readonly stateDigest: string }
    expect(ended).to.include({ event: 'ended', reason: 'end' })
    expect(await totals(cwd, 'checkpoints')).to.deep.equal(expected(200))
    expect(await results(cwd)).to.deep.equal({ count: 100, last: expected(200) })
    const alone = world()
    const one = await succeeds([...line, '--until-end', '--json'], { cwd: alone })
    expect(ended.stateDigest).to.equal((JSON.parse(one) as typeof ended).stateDigest)
    // It waits for more, and is stopped as any run.
    const live = startHeadwater([...line, '--workers', '2', '--json'], { cwd })
    await append(cwd, 200, 210)
    await emitted(cwd, 110, live)
    live.child.kill('SIGTERM')
    const { code, stdout } = await live.ended
    expect(code).to.equal(0)
    expect(JSON.parse(stdout)).to.include({ reason: 'stopped' })
    expect(await totals(cwd, 'checkpoints')).to.deep.equal(expected(210))
  })

  it('what is wrong with one worker stops all, and is told', async () => {
    const cwd = world()
    await succeeds(['log', 'append', 'file:log'], {
      cwd,
      stdin: ['{"customer":"ann","quantity":1,"at":1}\n'],
    })
    const { code, stderr } = await headwater([...line, '--workers', '2'], { cwd })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^data .*partition \d offset/m)
  })

  for (const [what, more, message] of [
    ['no number', ['--task', 'x'], /--task/],
    ['a number that is too high', ['--task', '2/2'], /0\/3/],
    ['both', ['--task', '0/2', '--workers', '2'], /--workers/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const cwd = world()
      const { code, stderr } = await headwater([...line, ...more], { cwd })
      expect(code).to.be.oneOf([1, 2])
      expect(stderr).to.match(message)
      expect(existsSync(join(cwd, 'checkpoints'))).to.equal(false)
    })
  }
})
