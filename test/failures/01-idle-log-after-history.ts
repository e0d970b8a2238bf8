/** Fluss #3933: an idle log after the end of history, a checkpoint, the history deleted, a restore: it must run. */
import { expect } from 'chai'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, entries, runToEnd } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function idleLogAfterHistory(logs: LogKind): void {
  describe(`failure 1: idle log after the end of history, on ${logs.name}`, () => {
    const folders = tempFolders()

    it('runs, checkpoints, and goes on after history and savepoint are gone', async () => {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 2)
      await log.append(0, purchase('ann', 1), purchase('bob', 2))
      await log.archive(2, 0)
      await bootstrapFrom(retail, folder)
      await log.trim(2, 0)
      const from = join(folder, 'savepoint')
      const idle = await runToEnd(retail, folder, { from })
      expect(idle.progress.records).to.equal(0)
      rmSync(from, { recursive: true })
      rmSync(join(folder, 'history-purchases'), { recursive: true })
      await runToEnd(retail, folder, { from })
      await log.append(1, purchase('ann', 4))
      const { savepoint } = await runToEnd(retail, folder)
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 5, bob: 2 })
    })
  })
}
