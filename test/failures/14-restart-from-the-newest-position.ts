/** Paimon #8205: a restart must not fall back to the initial position while a valid one exists. */
import { expect } from 'chai'
import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { HandoffPlan } from '../../src/handoff/handoff.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { begin, runToEnd } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function restartFromTheNewestPosition(logs: LogKind): void {
  describe(`failure 14: restart from the newest position, on ${logs.name}`, () => {
    const folders = tempFolders()

    async function world() {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      await begin(retail, folder)
      await log.append(0, purchase('ann', 1), purchase('ann', 2), purchase('ann', 4))
      const from = join(folder, 'savepoint')
      await runToEnd(retail, folder, { from, maxBatchRecords: 1, checkpointEveryMs: 0 })
      return { folder, from }
    }

    it('the command line that began the job goes on with it', async () => {
      const { folder, from } = await world()
      const plans: HandoffPlan[] = []
      const { progress } = await runToEnd(retail, folder, { from, onPlan: plan => plans.push(plan) })
      expect(progress.records).to.equal(0)
      expect(plans[0]?.sources[0]).to.deep.include({ cut: 'checkpoint' })
      expect(plans[0]?.sources[0]?.partitions[0]).to.deep.include({ next: 3, toDo: 0 })
    })

    it('a newest checkpoint that can not be read is an error: neither an older one nor the savepoint takes its place', async () => {
      const { folder, from } = await world()
      const manifests = join(folder, 'checkpoints', 'manifests')
      const newest = readdirSync(manifests).sort().at(-1) as string
      truncateSync(join(manifests, newest), 100)
      for (const options of [{ from }, {}]) {
        const error = await rejects(runToEnd(retail, folder, options), 'data', 'corrupt-manifest')
        expect(error.message).to.contain(newest)
      }
    })
  })
}
