/** Feldera's list for NATS: a log made again with lower offsets, emptied, or with the same offsets and other content. */
import { expect } from 'chai'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, entries, runToEnd, type WorldLog } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function logRecreated(logs: LogKind): void {
  describe(`failure 4: log recreated, on ${logs.name}`, () => {
    const folders = tempFolders()

    async function world(): Promise<{ folder: string; log: WorldLog; from: string }> {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      await log.append(0, purchase('ann', 1), purchase('ann', 2))
      await log.archive(2)
      await bootstrapFrom(retail, folder)
      return { folder, log, from: join(folder, 'savepoint') }
    }

    const again: readonly (readonly [string, number])[] = [
      ['with lower offsets', 1],
      ['empty', 0],
      ['with the same offsets and other content', 2],
      ['with more records than before', 5],
    ]
    for (const [how, records] of again) {
      it(`${how}: is refused by its id, at the first start and later`, async () => {
        const { folder, log, from } = await world()
        await runToEnd(retail, folder, { from })
        await log.recreate()
        if (records > 0) await log.append(0, ...Array.from({ length: records }, () => purchase('eve', 100)))
        const later = await rejects(runToEnd(retail, folder), 'invalid', 'handoff-refused')
        expect(later.message).to.contain('log-recreated: source purchases')
        rmSync(join(folder, 'checkpoints'), { recursive: true })
        const first = await rejects(runToEnd(retail, folder, { from }), 'invalid', 'handoff-refused')
        expect(first.message).to.contain('log-recreated: source purchases')
      })
    }

    it('is not what retention does: an emptied log with its own id and offsets goes on', async () => {
      const { folder, log, from } = await world()
      await log.trim(2)
      await log.append(0, purchase('ann', 4))
      const { savepoint } = await runToEnd(retail, folder, { from })
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 7 })
    })
  })
}
