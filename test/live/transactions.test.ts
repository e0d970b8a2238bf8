// Outputs that go out by transactions are those of the state: whatever happens to the runs that write them.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import type { TaskOption } from '../../src/live/tasks.ts'
import { gc } from '../../src/savepoint/gc.ts'
import { callback } from '../../src/sink/callback.ts'
import type { TransactionDeclaration } from '../../src/sink/transaction.ts'
import { tempFolders } from '../temp-folder.ts'
import { fileTransactions, transactionalSink } from './file-transactions.ts'
import { doubtAt, stopAt, TransactionsWorld, type BegunRun, type Stop } from './transactions-world.ts'

/** Each n-th step alone; all of them are tried by `HEADWATER_PAUSE_EVERY=1`. */
const every = Number(process.env['HEADWATER_PAUSE_EVERY'] ?? 9)

const histories = Number(process.env['HEADWATER_HISTORIES'] ?? 2)

const tasks = [undefined, { index: 0, count: 2 }, { index: 1, count: 2 }] as const

/** How a run may end that others replaced; the last two are the refusals of the sink beside. */
const replaced = ['lost-ownership', 'sink-not-empty', 'other-sink-output']

describe('outputs by transactions', () => {
  const folders = tempFolders()
  const world = (partitions?: number): Promise<TransactionsWorld> =>
    new TransactionsWorld(folders(), partitions).begin()

  for (const before of [0, 3]) {
    it(`are exact at each step at which a run is frozen, replaced, and woken, after ${before} records`, async () => {
      const steps: string[] = []
      for (let step = before % every; ; step += every) {
        const it = await world()
        await it.append(before)
        if (before > 0) await it.run()
        await it.append(4)
        const stop = stopAt(step)
        const frozen = it.begun(stop.at)
        const name = await Promise.race([stop.reached, frozen.outcome.then(() => null)])
        if (name === null) break
        steps.push(name)
        await it.run()
        await it.isExact()
        stop.wake()
        expect(await frozen.outcome, name).to.be.oneOf(['ended', ...replaced])
        await it.isExact()
        await it.append(6)
        await it.run()
        await it.isExact()
        expect(it.prepared()).to.deep.equal([])
      }
      expect(steps.length).to.be.above(20 / every - 1)
    })
  }

  for (const step of ['decide', 'decided']) {
    for (const whole of [true, false]) {
      it(`are exact where ${whole ? 'a run' : 'a task'} is in doubt at '${step}'`, async () => {
        const it = await world()
        const [first, second] = whole ? [tasks[0]] : [tasks[1], tasks[2]]
        await it.append(8)
        expect(await it.begun(doubtAt(step), { task: first }).outcome).to.equal('transaction-in-doubt')
        expect((await it.committed()).length > 0).to.equal(step === 'decided')
        expect(it.prepared()).to.have.length(1)
        await it.append(3)
        await it.run(undefined, { task: first })
        if (!whole) await it.run(undefined, { task: second })
        await it.isExact()
        expect(it.prepared()).to.deep.equal([])
      })
    }
  }

  it('are exact where two start at once, of which one lives at least', async () => {
    const it = await world(2)
    for (let round = 0; round < 4; round++) {
      await it.append(6)
      const outcomes = await Promise.all([it.begun().outcome, it.begun().outcome])
      expect(outcomes).to.include('ended')
      for (const outcome of outcomes) expect(outcome).to.be.oneOf(['ended', ...replaced])
      await it.isExact()
    }
  })

  for (const task of [undefined, tasks[1]]) {
    it(`are exact where ${task ? 'a task' : 'a run'} opens its producer late, and so fences one that has begun and committed`, async () => {
      const it = await world(2)
      const late = stopAt('open')
      await it.append(4)
      await it.run()
      await it.append(16)
      const opening = it.begun(late.at, { task })
      expect(await late.reached).to.equal('open')
      const [first, begun] = atSecondCommit(it, task)
      expect(await first.reached).to.equal('commit')
      late.wake()
      expect(await opening.outcome).to.equal('ended')
      first.wake()
      expect(await begun.outcome).to.equal('lost-ownership')
      if (task) await it.run(undefined, { task: tasks[2] })
      await it.isExact()
    })
  }

  for (const [task, before] of [
    [undefined, 0],
    [undefined, 4],
    [tasks[1], 4],
  ] as const) {
    it(`are exact where ${task ? 'a task' : 'a run'} was replaced between its producer and its first manifest, after ${before} records: it takes nothing over`, async () => {
      const it = await world(2)
      const slept = stopAt('opened')
      await it.append(before)
      if (before > 0) await it.run()
      await it.append(16)
      const frozen = it.begun(slept.at, { task })
      expect(await slept.reached).to.equal('opened')
      const [next, begun] = atSecondCommit(it, task)
      expect(await next.reached).to.equal('commit')
      slept.wake()
      expect(await frozen.outcome).to.equal('lost-ownership')
      next.wake()
      expect(await begun.outcome).to.equal('ended')
      if (task) await it.run(undefined, { task: tasks[2] })
      await it.isExact()
    })
  }

  /** A run that stops when it has committed one checkpoint and is about to commit another. */
  function atSecondCommit(it: TransactionsWorld, task: TaskOption | undefined): [Stop, BegunRun] {
    const stop = stopAt('commit')
    let commits = 0
    const at: Stop['at'] = async step => {
      if (step !== 'commit' || ++commits > 1) await stop.at(step)
    }
    return [stop, it.begun(at, { task, maxBatchRecords: 1 })]
  }

  it('are exact where a start is frozen after it settled a chain, in which a task begins and goes on meanwhile', async () => {
    const it = await world(2)
    const pair = [tasks[1], tasks[2]]
    await it.append(8)
    for (const task of pair) await it.run(undefined, { task })
    await it.append(8)
    const sealer = stopAt('settled')
    const sealing = it.begun(sealer.at)
    await sealer.reached
    const joiner = stopAt('commit')
    const joined = it.begun(joiner.at, { task: tasks[1] })
    expect(await joiner.reached).to.equal('commit')
    sealer.wake()
    expect(await sealing.outcome).to.equal('ended')
    joiner.wake()
    expect(await joined.outcome).to.equal('lost-ownership')
    await it.isExact()
  })

  it('are exact where a task is frozen while it joins a generation that others end and let go meanwhile', async () => {
    const it = await world(2)
    for (const task of [tasks[1], tasks[2]]) {
      await it.append(8)
      await it.run(undefined, { task })
    }
    const joiner = stopAt('settle')
    const joined = it.begun(joiner.at, { task: tasks[1] })
    expect(await joiner.reached).to.equal('settle')
    for (let count = 0; count < 2; count++) {
      await it.append(4)
      await it.run()
    }
    await gc(it.checkpoints, { keep: 1 })
    expect(
      readdirSync(join(it.checkpoints, 'manifests')).filter(name => /^\d+-\d+$/.test(name)),
    ).to.deep.equal([])
    joiner.wake()
    expect(await joined.outcome).to.equal('ended')
    await it.run()
    await it.isExact()
  })

  it('are said to be written again once what was tried again is committed', async () => {
    const it = await world()
    await it.append(3)
    let tell: ((text: string) => void) | undefined
    const at = async (step: string): Promise<void> => {
      if (step === 'sent') tell?.('a broker: NOT_COORDINATOR; trying again')
    }
    const files = fileTransactions(it.topics, { at })
    const transactions: TransactionDeclaration = {
      ...files,
      connect: parts => {
        tell = parts.onWarning
        return files.connect(parts)
      },
    }
    const sinks = { totals: transactionalSink(transactions), parts: callback(() => undefined) }
    const { progress } = await it.run(undefined, { sinks })
    const [warning, ...others] = progress.warnings
    expect(others).to.deep.equal([])
    expect(warning).to.include({ task: 'writing', code: 'sink-trouble', ongoing: false })
  })

  it('are exact in any history of starts, of one task and of two, that are frozen, woken, in doubt, or killed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 2, maxLength: 7 }), async actions => {
        const it = await world(3)
        const frozen: { readonly stop: Stop; readonly outcome: Promise<string> }[] = []
        for (const each of actions) {
          if (each.does === 'append') await it.append(each.count)
          if (each.does === 'wake') frozen[each.which % Math.max(1, frozen.length)]?.stop.wake()
          if (each.does === 'doubt') await it.begun(doubtAt(each.step), { task: tasks[each.task] }).outcome
          if (each.does !== 'start') continue
          const stop = stopAt(each.step)
          const { outcome } = it.begun(stop.at, { task: tasks[each.task] })
          frozen.push({ stop, outcome })
          await Promise.race([stop.reached, outcome])
        }
        await it.runAtLast() // those that are frozen still are as good as killed
        await it.isExact()
        for (const { stop } of frozen) stop.wake()
        for (const { outcome } of frozen) expect(await outcome).to.be.oneOf(['ended', ...replaced])
        await it.isExact()
        await it.append(2)
        await it.run()
        await it.isExact()
        expect(it.prepared()).to.deep.equal([])
      }),
      { numRuns: histories },
    )
  })
})

const task = fc.nat(2)
const action = fc.oneof(
  fc.record({ does: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ does: fc.constant('start' as const), task, step: fc.nat(25) }),
  fc.record({ does: fc.constant('wake' as const), which: fc.nat(5) }),
  fc.record({ does: fc.constant('doubt' as const), task, step: fc.constantFrom('decide', 'decided') }),
)
