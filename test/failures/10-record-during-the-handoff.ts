/** rocketride #1661, Bluesky #42: records that come between "history is read" and "live is on" keep their order, and none is lost. */
import { expect } from 'chai'
import { join } from 'node:path'
import type { Log } from '../../src/source/log.ts'
import { callback } from '../../src/sink/callback.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, runToEnd, type WorldLog } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** A log to which a record is appended whenever the run has waited for it. */
function busy(log: WorldLog, amounts: number[]): Log {
  const inner = log.open()
  const more = async (): Promise<void> => {
    const amount = amounts.shift()
    if (amount !== undefined) await log.append(0, purchase('ann', amount))
  }
  return {
    describe: async () => {
      await more()
      const description = await inner.describe()
      await more()
      return description
    },
    offsetsAt: timeMs => inner.offsetsAt(timeMs),
    async *read(options) {
      await more()
      for await (const batch of inner.read(options)) {
        await more()
        yield batch
        await more()
      }
    },
    close: () => inner.close(),
  }
}

/** The failure on logs of that kind. */
export function recordDuringTheHandoff(logs: LogKind): void {
  describe(`failure 10: records during the handoff, on ${logs.name}`, () => {
    const folders = tempFolders()

    it('are applied once, in their order', async () => {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      await log.append(0, purchase('ann', 1))
      await log.archive(1)
      await log.append(0, purchase('ann', 2)) // after the archive, before the savepoint
      await bootstrapFrom(retail, folder)
      await log.append(0, purchase('ann', 4)) // after the savepoint, before the plan
      const totals: unknown[] = []
      const stop = new AbortController()
      const sink = callback(records => {
        totals.push(...records.map(({ total }) => total))
        if (totals.length === 8) stop.abort()
      })
      await runToEnd(retail, folder, {
        from: join(folder, 'savepoint'),
        log: { purchases: busy(log, [8, 16, 32, 64, 128, 256]) },
        sinks: { totals: sink },
        untilEnd: false,
        signal: stop.signal,
        maxBatchRecords: 2,
      })
      expect(totals).to.deep.equal([3, 7, 15, 31, 63, 127, 255, 511])
    })
  })
}
