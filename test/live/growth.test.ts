// A source that is read by its key gets more partitions, under one task and under several.
import { expect } from 'chai'
import fc from 'fast-check'
import { partitionOfKey } from '../../src/codec/partition-of-key.ts'
import { systemClock } from '../../src/clock.ts'
import { HeadwaterError } from '../../src/errors.ts'
import type { Job } from '../../src/job/job.ts'
import type { RunOptions } from '../../src/live/live.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { fileLog } from '../../src/source/file-log/file-log.ts'
import type { Log, LogReadOptions } from '../../src/source/log.ts'
import { callback } from '../../src/sink/callback.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { growthWorld, recount, type GrowthWorld, type Purchase, type Written } from './growth-world.ts'

const customers = 15
const purchase = (n: number): Purchase => ({ customer: `c${n % customers}`, amount: n, at: 1000 * n })
const purchases = (from: number, end: number): readonly Purchase[] =>
  Array.from({ length: end - from }, (_, i) => purchase(from + i))
const accepting = { newPartitions: 'earliest' } as const
const live = { untilEnd: false, progressEveryMs: 20, onProgress: () => undefined } as const
/** Asks the log for its partitions once in a day: a growth is told by a record. */
const quiet = { ...live, progressEveryMs: 86_400_000 } as const

/** By hand: unread records of former partitions whose key another one of `count` tasks has now. */
function moving(world: GrowthWorld, count: number, read: number, former: number): readonly Written[] {
  return world.written
    .slice(read)
    .filter(each => each.partition < former)
    .filter(each => partitionOfKey(each.customer, world.partitions) % count !== each.partition % count)
}

describe('growth of a source that is read by its key', () => {
  const folders = tempFolders()

  async function isExact(world: GrowthWorld): Promise<void> {
    expect(await world.bought()).to.deep.equal(recount(world.written))
    expect(await world.wentBack()).to.deep.equal([])
    const { findings } = await verifySavepoint(world.checkpoints)
    expect(findings).to.deep.equal([])
  }

  it('several tasks stop, are refused while keys still move, and go on after one task has read them', async () => {
    const world = await growthWorld(folders(), 4)
    await world.append(purchases(0, 60))
    await world.all(2)
    await world.append(purchases(60, 90))
    await world.grow(1)
    await world.append(purchases(90, 120))
    const refused = await rejects(world.all(2), 'invalid', 'handoff-refused')
    expect(refused.message).to.match(/partition-count-changed.*--new-partitions earliest/)
    const error = await rejects(world.all(2, accepting), 'invalid', 'keys-still-moving')
    const left = moving(world, 2, 60, 4)
    const counts = [0, 1, 2, 3].flatMap(partition => {
      const { length } = left.filter(each => each.partition === partition)
      return length === 0 ? [] : [`partition ${partition} has ${length} record${length === 1 ? '' : 's'}`]
    })
    expect(counts).not.to.deep.equal([])
    for (const text of counts) expect(error.message).to.contain(text)
    expect(error.message).to.contain('one task').and.to.contain('--until-end')
    // Nothing was sealed.
    expect(
      (await openSavepoint(world.checkpoints)).heads?.map(({ manifest }) => manifest.kind),
    ).to.deep.equal(['checkpoint', 'checkpoint'])
    const [alone] = await world.all(1, accepting)
    await isExact(world)
    expect(alone?.savepoint.manifest.sources[0]?.growths?.map(({ count }) => count)).to.deep.equal([4])
    expect(alone?.savepoint.manifest.accepted?.map(({ code, flag }) => [code, flag])).to.deep.equal([
      ['partition-count-changed', '--new-partitions earliest'],
    ])
    await world.append(purchases(120, 150))
    await world.all(3)
    await isExact(world)
    expect((await openSavepoint(world.checkpoints)).manifest.sources[0]?.partitions).to.have.length(5)
  })

  it('several tasks look at keys alone for such records, and stop when they are told to', async () => {
    const world = await growthWorld(folders(), 4)
    await world.append(purchases(0, 60))
    await world.all(2)
    await world.append(purchases(60, 90))
    await world.grow(1)
    const log = fileLog(world.log, { pollMs: 20 })
    const asked: (LogReadOptions['needs'] | 'all')[] = []
    const purchasesSeen: Log = {
      describe: () => log.describe(),
      offsetsAt: timeMs => log.offsetsAt(timeMs),
      close: () => log.close(),
      read: options => {
        // Samples of one partition each have values; what is read of many is all that is left.
        if (options.from.size > 1) asked.push(options.needs ?? 'all')
        return log.read(options)
      },
    }
    const stop = new AbortController()
    const stopping = { ...accepting, signal: stop.signal, onPlan: () => stop.abort() }
    await rejects(world.all(2, { ...stopping, log: { purchases: purchasesSeen } }), 'unavailable', 'stopped')
    expect(asked).to.deep.equal([
      { fields: [], keys: true },
      { fields: [], keys: true },
    ])
    expect(
      (await openSavepoint(world.checkpoints)).heads?.map(({ manifest }) => manifest.kind),
    ).to.deep.equal(['checkpoint', 'checkpoint'])
    await world.all(1, accepting)
    await isExact(world)
  })

  it('tasks that were at the end go on at once, whatever their number', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 40))
    await world.all(2)
    await world.grow(3)
    await world.append(purchases(40, 100))
    await world.all(4, accepting)
    await isExact(world)
    await world.append(purchases(100, 130))
    await world.all(4)
    await isExact(world)
  })

  it('one task that runs takes the new partitions in, and says so in its manifests', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 30))
    const isTakenIn = async (): Promise<void> => {
      for (;;) {
        const { manifest } = await openSavepoint(world.checkpoints)
        if ((manifest.sources[0]?.growths ?? []).length > 0) return
        await systemClock.sleep(5)
      }
    }
    const [alone] = await world.all(1, { ...live, ...growing(world, isTakenIn) })
    await isExact(world)
    const [growth] = alone?.savepoint.manifest.sources[0]?.growths ?? []
    expect(growth?.count).to.equal(2)
    // The newest purchases of each partition when it grew.
    const newest = [0, 1].map(partition =>
      Math.max(
        ...world.written.slice(0, 30).flatMap(each => (each.partition === partition ? [each.at] : [])),
      ),
    )
    expect(growth?.partitions.map(({ runningMax }) => runningMax)).to.deep.equal([...newest, null])
    await world.append(purchases(60, 80))
    await world.all(3)
    await isExact(world)
  })

  it('one task that hears of it by a moved key begins again from its last checkpoint', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 30))
    const [alone] = await world.all(1, { ...quiet, ...growing(world, async () => undefined) })
    await isExact(world)
    expect(alone?.savepoint.manifest.sources[0]?.growths?.map(({ count }) => count)).to.deep.equal([2])
  })

  /** The source grows when the first 30 purchases were seen; then, once something has happened, come 30 more, and the end. */
  function growing(world: GrowthWorld, happened: () => Promise<void>): Partial<RunOptions<Job>> {
    const stop = new AbortController()
    const seen = new Set<unknown>()
    let grown: Promise<void> | null = null
    const grow = async (): Promise<void> => {
      await world.grow(1)
      await happened()
      await world.append(purchases(30, 60))
    }
    const sink = callback(records => {
      for (const { amount } of records) seen.add(amount)
      if (seen.size === 30) grown ??= grow()
      if (seen.size === 60) stop.abort()
    })
    return { ...accepting, signal: stop.signal, sinks: { seen: sink }, checkpointEveryMs: 0 }
  }

  it('several tasks that run stop with a checkpoint, also where a moved key comes before the news', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 30))
    const stop = new AbortController()
    const seen = new Set<unknown>()
    let tell = (): void => undefined
    const isRead = new Promise<void>(resolve => (tell = resolve))
    const sink = callback(records => {
      for (const { amount } of records) seen.add(amount)
      if (seen.size === 30) tell()
    })
    const options = { ...quiet, signal: stop.signal, sinks: { seen: sink } }
    const running = rejects(world.all(2, options, stop), 'data', 'partition-count-changed')
    await isRead
    await world.grow(1)
    await world.append(purchases(30, 60))
    expect((await running).message).to.contain('a checkpoint was taken')
    // It holds what is below its positions: keys that did not move may go on until somebody hears of it.
    const { manifest } = await openSavepoint(world.checkpoints)
    const read = (manifest.sources[0]?.partitions ?? []).flatMap(({ partition, next }) =>
      world.written.filter(each => each.partition === partition).slice(0, next ?? 0),
    )
    expect(read.length).to.be.within(30, 59)
    expect(await world.bought()).to.deep.equal(recount(read))
  })

  it('a record of a producer with an old number of partitions is stopped at, and read by one task', async () => {
    const world = await growthWorld(folders(), 2)
    await world.append(purchases(0, 30))
    await world.all(2)
    await world.grow(1)
    await world.all(3, accepting)
    const moved = purchases(0, customers).find(
      ({ customer }) => partitionOfKey(customer, 3) === 2,
    ) as Purchase
    const stale = { ...moved, amount: 1000, at: 50_000 }
    await world.append([stale], partitionOfKey(moved.customer, 2))
    await world.append(purchases(30, 45))
    const error = await rejects(world.all(3), 'data', 'misplaced-key')
    const at = world.written
      .filter(each => each.partition === partitionOfKey(moved.customer, 2))
      .indexOf(world.written.find(each => each.amount === 1000)!)
    expect(error.message)
      .to.contain(
        `partition ${partitionOfKey(moved.customer, 2)} offset ${at}: message key "${moved.customer}"`,
      )
      .and.to.contain('partition 2')
      .and.to.contain('run the job with one task')
    // What came before it is in the checkpoint that was taken.
    const union = await openSavepoint(world.checkpoints)
    const next = union.manifest.sources[0]?.partitions[partitionOfKey(moved.customer, 2)]?.next
    expect(next).to.equal(at)
    await world.all(1)
    await isExact(world)
    await world.append(purchases(45, 60))
    await world.all(3)
    await isExact(world)
  })

  const round = fc.record({
    before: fc.integer({ min: 0, max: 20 }),
    grown: fc.integer({ min: 0, max: 2 }),
    after: fc.integer({ min: 0, max: 20 }),
    count: fc.integer({ min: 1, max: 3 }),
    most: fc.integer({ min: 1, max: 60 }),
  })

  it('state equals a recount, and no clock of a key goes back, over random growths, stops and numbers of tasks', async function () {
    this.timeout(600_000)
    const outcomes = { refused: 0, divided: 0 }
    const property = fc.asyncProperty(
      fc.array(round, { minLength: 2, maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: -8000, max: 8000 })),
      async (rounds, jitter) => {
        const world = await growthWorld(folders(), 2)
        let n = 0
        const append = async (count: number): Promise<void> => {
          const more = purchases(n, n + count).map(one => ({
            ...one,
            customer: `c${(one.amount * 7) % customers}`,
            at: Math.max(0, one.at + jitter.next().value!),
          }))
          await world.append(more)
          n += count
        }
        for (const { before, grown, after, ...each } of rounds) {
          await append(before)
          if (grown > 0) await world.grow(grown)
          await append(after)
          await runSome(world, each, outcomes)
        }
        await world.all(1, accepting)
        await isExact(world)
        await world.all(2)
        await isExact(world)
      },
    )
    await fc.assert(property, { numRuns: Number(process.env['HEADWATER_GROWTHS'] ?? 2), seed: 11 })
    expect(outcomes.refused).to.be.above(0)
    expect(outcomes.divided).to.be.above(0)
  })

  /** Runs until some records are read; where keys still move it must be so, and one task goes on. */
  async function runSome(
    world: GrowthWorld,
    { count, most }: { readonly count: number; readonly most: number },
    outcomes: { refused: number; divided: number },
  ): Promise<void> {
    const tasks = Math.min(count, world.partitions)
    const stop = new AbortController()
    let seen = 0
    const sink = callback(records => {
      seen += records.length
      if (seen >= most) stop.abort()
    })
    const options = { ...accepting, signal: stop.signal, sinks: { seen: sink } }
    try {
      await world.all(tasks, options)
      if (tasks > 1) outcomes.divided++
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.code !== 'keys-still-moving') throw error
      expect(moving(world, tasks, 0, world.partitions)).not.to.deep.equal([])
      outcomes.refused++
      await world.all(1, options)
    }
  }
})
