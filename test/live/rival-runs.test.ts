// Runs that are at one folder of checkpoints at the same time, or one after the other without knowing: it is one's alone.
import { expect } from 'chai'
import { callback } from '../../src/sink/callback.ts'
import type { Sink, SinkState } from '../../src/sink/sink.ts'
import type { Log } from '../../src/source/log.ts'
import { tempFolders } from '../temp-folder.ts'
import { rejects } from '../rejects.ts'
import { purchase, retail } from './retail.ts'
import { retailWorld, small } from './retail-world.ts'
import { entries, logsOf, manifests, newest, runToEnd } from './world.ts'

describe('checkpoints', () => {
  const folders = tempFolders()

  const world = (): ReturnType<typeof retailWorld> => retailWorld(folders())

  it('of a run that lost its folder to another one are refused, and it writes nothing more', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1), purchase('ann', 2), purchase('ann', 4))
    let rival: Promise<unknown> | null = null
    const totals = callback(async () => {
      rival ??= runToEnd(retail, folder, { sinks: { totals: callback(() => undefined) } })
      await rival
    })
    const error = await rejects(
      runToEnd(retail, folder, { from, ...small, sinks: { totals } }),
      'conflict',
      'lost-ownership',
    )
    expect(error.message).to.contain('another attempt')
    const all = await manifests(folder)
    expect(all.map(({ kind }) => kind)).to.deep.equal(['start', 'start', 'savepoint'])
    expect(await entries(await newest(folder), 'spend', 'total')).to.deep.equal({ ann: 7 })
  })

  it('of a run that was taken over are lost to it, also where the log was trimmed behind the other', async () => {
    const { folder, log, from } = await world()
    for (let each = 0; each < 20; each++) await log.append(0, purchase('ann', 1))
    let rival: Promise<unknown> | null = null
    const totals = callback(async () => {
      rival ??= runToEnd(retail, folder, { sinks: { totals: callback(() => undefined) } })
      await rival
      await log.trim(20, 0)
    })
    const options = { from, maxBatchRecords: 1, checkpointEveryMs: 3_600_000, sinks: { totals } }
    const error = await rejects(runToEnd(retail, folder, options), 'conflict', 'lost-ownership')
    expect(String(error.cause)).to.contain('data gap')
  })

  it('that others went on from, and trimmed the log behind, are not what a start is refused for', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1))
    await runToEnd(retail, folder, { from })
    for (let each = 0; each < 3; each++) await log.append(0, purchase('ann', 1))
    const { purchases } = logsOf(retail, folder) as { purchases: Log }
    let asked = 0
    const describe = async (): ReturnType<Log['describe']> => {
      // Between the look for a checkpoint and that at the log.
      if (++asked === 1) {
        await runToEnd(retail, folder, { from })
        await log.trim(4)
        await log.append(0, purchase('ann', 1))
      }
      return purchases.describe()
    }
    const late: Log = {
      describe,
      offsetsAt: timeMs => purchases.offsetsAt(timeMs),
      read: options => purchases.read(options),
      close: () => purchases.close(),
    }
    const { savepoint } = await runToEnd(retail, folder, { from, log: { purchases: late } })
    expect(asked).to.be.above(1)
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 5 })
  })

  /** Logs for so many runs; none of them goes on before all have looked for the newest checkpoint. */
  function meetingLogs(folder: string, runs: number): () => { purchases: Log } {
    let arrived = 0
    let open: () => void = () => undefined
    const all = new Promise<void>(resolve => (open = resolve))
    return () => {
      const { purchases } = logsOf(retail, folder) as { purchases: Log }
      const describe = async (): ReturnType<Log['describe']> => {
        if (++arrived === runs) open()
        await all
        return purchases.describe()
      }
      return {
        purchases: {
          describe,
          offsetsAt: timeMs => purchases.offsetsAt(timeMs),
          read: options => purchases.read(options),
          close: () => purchases.close(),
        },
      }
    }
  }

  it('of two runs that begin at once belong to one of them', async () => {
    const { folder, log, from } = await world()
    await log.append(0, purchase('ann', 1))
    const together = meetingLogs(folder, 3)
    const run = (): Promise<unknown> => runToEnd(retail, folder, { from, log: together() })
    const ends = await Promise.allSettled([run(), run(), run()])
    expect(ends.filter(({ status }) => status === 'fulfilled')).to.have.lengthOf(1)
    for (const end of ends)
      if (end.status === 'rejected') expect(end.reason).to.have.property('code', 'lost-ownership')
    expect((await manifests(folder)).map(({ kind }) => kind)).to.deep.equal(['start', 'savepoint'])
    expect(await entries(await newest(folder), 'spend', 'total')).to.deep.equal({ ann: 1 })
  })

  it('fence before a sink is cut back: of two runs that go on at once only the owner touches it', async () => {
    const { folder, from } = await world()
    const opened: SinkState[] = []
    const sink: Sink = {
      name: 'counting',
      guarantee: 'at-least-once',
      open: async state => {
        opened.push(state)
        const nothing = async (): Promise<void> => undefined
        return { write: nothing, prepare: async () => ({ bytes: 1 }), committed: nothing, close: nothing }
      },
    }
    const sinks = { totals: sink }
    await runToEnd(retail, folder, { from, sinks })
    const together = meetingLogs(folder, 2)
    const run = (): Promise<unknown> => runToEnd(retail, folder, { sinks, log: together() })
    const ends = await Promise.allSettled([run(), run()])
    expect(ends.map(({ status }) => status)).to.have.members(['fulfilled', 'rejected'])
    expect(opened).to.deep.equal([null, { bytes: 1 }])
  })
})
