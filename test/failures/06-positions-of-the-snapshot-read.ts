/** Fluss #3519, #4327: positions must be those of the snapshot that was read, not of the newest one, nor of the log's end. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { parquet } from '../../src/source/parquet.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, entries, runToEnd, type WorldLog } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function positionsOfTheSnapshotRead(logs: LogKind): void {
  describe(`failure 6: positions of the snapshot that was read, on ${logs.name}`, () => {
    const folders = tempFolders()

    /** 1, 2, 4, 8, 16 in the log, the first two of them in the archive. */
    async function world(): Promise<{ folder: string; log: WorldLog; from: string }> {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      for (let i = 0; i < 5; i++) await log.append(0, purchase('ann', 2 ** i))
      await log.archive(2)
      return { folder, log, from: join(folder, 'savepoint') }
    }

    async function total(folder: string, from: string): Promise<unknown> {
      const { savepoint } = await runToEnd(retail, folder, { from })
      return entries(savepoint, 'spend', 'total')
    }

    it('the log went on, and so did the archive, before the run began: each record counts once', async () => {
      const { folder, log, from } = await world()
      const { manifest } = await bootstrapFrom(retail, folder)
      expect(manifest.sources[0]?.partitions[0]?.next).to.equal(2)
      await log.archive(4)
      await log.append(0, purchase('ann', 32))
      expect(await total(folder, from)).to.deep.equal({ ann: 63 })
    })

    it('the archive got another file while it was read: the positions are of the files that were', async () => {
      const { folder, log, from } = await world()
      const [history, newer] = ['history', 'newer'].map(name => join(folder, `${name}-purchases`))
      cpSync(history!, join(folder, 'read'), { recursive: true })
      await log.archive(4)
      cpSync(history!, newer!, { recursive: true })
      let files = 0
      const { manifest } = await bootstrap(retail, {
        history: { purchases: parquet(join(folder, 'read')) },
        into: from,
        onProgress: ({ phase }) => {
          if (phase !== 'scan' || files++ > 0) return
          cpSync(newer!, join(folder, 'read'), { recursive: true, force: false })
        },
      })
      expect(files).to.be.above(0)
      expect(manifest.sources[0]?.partitions[0]?.next).to.equal(2)
      expect(await total(folder, from)).to.deep.equal({ ann: 31 })
    })
  })
}
