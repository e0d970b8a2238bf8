/** History that reaches into the log counts nothing twice; history that ends before the log begins is a failure. */
import { expect } from 'chai'
import { join } from 'node:path'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, entries, runToEnd } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function historyOverlapsTheLog(logs: LogKind): void {
  describe(`failure 5: history and log overlap, on ${logs.name}`, () => {
    const folders = tempFolders()

    /** Records 1, 2, 4, 8, 16 in the log from `begin` on, the first `archived` of them in history. */
    async function world(archived: number, begin: number) {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      for (let i = 0; i < 5; i++) await log.append(0, purchase('ann', 2 ** i))
      await log.archive(archived)
      await bootstrapFrom(retail, folder)
      await log.trim(begin)
      return { folder, from: join(folder, 'savepoint') }
    }

    for (const [archived, begin] of [
      [3, 0],
      [3, 2],
      [3, 3],
      [5, 1],
      [5, 5],
    ] as const) {
      it(`history of ${archived}, log from ${begin} on: each record counts once`, async () => {
        const { folder, from } = await world(archived, begin)
        const { savepoint } = await runToEnd(retail, folder, { from })
        expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 31 })
      })
    }

    it('history of 3, log from 4 on: refused', async () => {
      const { folder, from } = await world(3, 4)
      const error = await rejects(runToEnd(retail, folder, { from }), 'invalid', 'handoff-refused')
      expect(error.message).to.contain('offsets 3 to 3 are missing')
    })
  })
}
