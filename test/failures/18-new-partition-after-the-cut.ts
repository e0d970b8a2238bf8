/** A partition that came after the cut, or between two runs: never skipped in silence, never begun in its middle. */
import { expect } from 'chai'
import { join } from 'node:path'
import { callback } from '../../src/sink/callback.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, entries, runToEnd, type WorldLog } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function newPartitionAfterTheCut(logs: LogKind): void {
  describe(`failure 18: new partition after the cut, on ${logs.name}`, () => {
    const folders = tempFolders()

    async function world(): Promise<{ folder: string; log: WorldLog; from: string }> {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 2)
      await log.append(0, purchase('ann', 1))
      await log.archive(1, 0)
      await bootstrapFrom(retail, folder)
      return { folder, log, from: join(folder, 'savepoint') }
    }

    it('between history and live: refused, and read whole once it is accepted', async () => {
      const { folder, log, from } = await world()
      await log.grow(1)
      await log.append(2, purchase('bob', 2), purchase('bob', 4))
      const error = await rejects(runToEnd(retail, folder, { from }), 'invalid', 'handoff-refused')
      expect(error.message).to.contain('new-partition: source purchases partition 2')
      expect(error.message).to.contain('--new-partitions earliest')
      const { savepoint } = await runToEnd(retail, folder, { from, newPartitions: 'earliest' })
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 6 })
    })

    it('between two runs: refused, read whole once accepted, and known from then on', async () => {
      const { folder, log, from } = await world()
      await runToEnd(retail, folder, { from })
      await log.grow(1)
      await log.append(2, purchase('bob', 2))
      await rejects(runToEnd(retail, folder), 'invalid', 'handoff-refused')
      await runToEnd(retail, folder, { newPartitions: 'earliest' })
      await log.append(2, purchase('bob', 4))
      const { savepoint } = await runToEnd(retail, folder)
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 6 })
    })

    it('a partition that is empty in history but named by the archive is no new one', async () => {
      const { folder, log, from } = await world()
      await log.append(1, purchase('cid', 8))
      const { savepoint } = await runToEnd(retail, folder, { from })
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, cid: 8 })
    })

    it('while a run goes on: it stops by name with a checkpoint, or reads it from its beginning and records it', async () => {
      const { folder, log, from } = await world()
      const grow = async (partition: number): Promise<void> => {
        await log.grow(1)
        await log.append(partition, purchase('bob', 2))
      }
      const running = { from, untilEnd: false, progressEveryMs: 20 }
      // As soon as it reads.
      const grown: Promise<void>[] = []
      const onProgress = (): void => {
        if (grown.length === 0) grown.push(grow(2))
      }
      const error = await rejects(
        runToEnd(retail, folder, { ...running, onProgress }),
        'data',
        'new-partition',
      )
      await Promise.all(grown)
      expect(error.message)
        .to.contain('source purchases partition 2')
        .and.contain('--new-partitions earliest')

      const stop = new AbortController()
      const totals: unknown[] = []
      const sink = callback(records => {
        totals.push(...records)
        if (totals.length === 1) void grow(3)
        else if (totals.length === 2) stop.abort()
      })
      const { savepoint } = await runToEnd(retail, folder, {
        ...running,
        onProgress: () => undefined,
        newPartitions: 'earliest',
        signal: stop.signal,
        sinks: { totals: sink },
      })
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 4 })
      const positions = savepoint.manifest.sources[0]?.partitions.map(({ partition, next }) => [
        partition,
        next,
      ])
      expect(positions).to.deep.equal([0, 1, 2, 3].map(partition => [partition, partition === 1 ? 0 : 1]))
      const again = await runToEnd(retail, folder, { sinks: { totals: sink } })
      expect(await entries(again.savepoint, 'spend', 'total')).to.deep.equal({ ann: 1, bob: 4 })
    })
  })
}
