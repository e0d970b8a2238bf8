/** Quix #1114, Proton #402: a log trimmed past the cut is a failure that names the missing range, until just that is accepted. */
import { expect } from 'chai'
import { join } from 'node:path'
import type { HandoffFlags } from '../../src/handoff/handoff.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, entries, runToEnd } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import type { LogKind } from './log-kind.ts'

/** The failure on logs of that kind. */
export function logTrimmedPastTheCut(logs: LogKind): void {
  describe(`failure 3: log trimmed past the cut, on ${logs.name}`, () => {
    const folders = tempFolders()

    it('is refused with the missing range, under each policy, before and after the first run', async () => {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      for (let i = 0; i < 6; i++) await log.append(0, purchase('ann', 1))
      await log.archive(2)
      await bootstrapFrom(retail, folder)
      await log.trim(4)
      const from = join(folder, 'savepoint')
      const policies: readonly HandoffFlags[] = [{}, { newPartitions: 'earliest' }, { acceptHoles: true }]
      for (const flags of policies) {
        const error = await rejects(
          runToEnd(retail, folder, { from, ...flags }),
          'invalid',
          'handoff-refused',
        )
        expect(error.message).to.contain('gap: source purchases partition 0')
        expect(error.message).to.contain('offsets 2 to 3 are missing')
      }
    })

    it('is refused for a run that was away for too long', async () => {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      await log.append(0, purchase('ann', 1))
      await log.archive(1)
      await bootstrapFrom(retail, folder)
      await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
      for (let i = 0; i < 3; i++) await log.append(0, purchase('ann', 1))
      await log.trim(3)
      const error = await rejects(runToEnd(retail, folder), 'invalid', 'handoff-refused')
      expect(error.message).to.contain('offsets 1 to 2 are missing')
    })

    it('goes on at the log’s beginning where that is accepted, and the gap is remembered for ever', async () => {
      const folder = folders()
      const log = await logs.worldLog(folder, 'purchases', schema, 1)
      for (const amount of [1, 2, 4, 8, 16]) await log.append(0, purchase('ann', amount))
      await log.archive(1)
      await bootstrapFrom(retail, folder)
      await log.trim(3)
      const from = join(folder, 'savepoint')
      await rejects(runToEnd(retail, folder, { from, onGap: 'fail' }), 'invalid', 'handoff-refused')
      const { plan } = await runToEnd(retail, folder, { from, onGap: 'earliest' })
      expect(plan.sources[0]?.partitions[0]).to.include({ next: 3, toDo: 2, verdict: 'ready' })
      const { savepoint } = await runToEnd(retail, folder)
      expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1 + 8 + 16 })
      const { accepted, sources } = savepoint.manifest
      expect(accepted?.map(({ code, thing, flag }) => [code, thing, flag])).to.deep.equal([
        ['gap', 'source purchases partition 0', '--on-gap earliest'],
      ])
      expect(sources[0]?.partitions[0]?.live).to.deep.equal({ first: 3, gaps: [[1, 3]] })
    })
  })
}
