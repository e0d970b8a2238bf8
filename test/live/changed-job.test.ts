import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { list, value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, purchases, retail, schema } from './retail.ts'
import { begin, entries, runToEnd, worldLog } from './world.ts'

/** The job a year later: totals in cents, a list of amounts beside them, and another operator. */
const changed = job('retail')
  .from(purchases)
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.int64(), 0n), amounts: list(t.float64()) },
    onRecord({ amount }, { total, amounts }) {
      total.set(total.get() + BigInt(amount * 100))
      amounts.add(amount)
    },
  })

/** Totals as they were, and nothing of the list any more. */
const without = job('retail')
  .from(purchases)
  .keyBy('customer')
  .apply('spend', { state: { total: value(t.int64(), 0n) }, onRecord: () => undefined })

describe('a job that has changed', () => {
  const folders = tempFolders()

  async function world() {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    const from = join(folder, 'savepoint')
    await log.append(0, purchase('ann', 1), purchase('bob', 2))
    await runToEnd(retail, folder, { from })
    await log.append(0, purchase('ann', 4))
    return { folder, log, from }
  }

  it('does not start while its state does not fit, and lists everything', async () => {
    const { folder } = await world()
    const error = await rejects(runToEnd(changed, folder), 'invalid', 'handoff-refused')
    expect(error.message).to.contain('state-schema-changed: state spend/total')
    expect(error.message).to.contain('missing-state: state spend/amounts')
  })

  it('begins states empty with the flags, once: the same command line keeps them afterwards', async () => {
    const { folder, log, from } = await world()
    const flags = { from, drop: ['spend/total'], fresh: ['spend/total', 'spend/amounts'] }
    await runToEnd(changed, folder, flags)
    await log.append(0, purchase('ann', 8))
    const { savepoint } = await runToEnd(changed, folder, flags)
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 1200n })
    expect(await entries(savepoint, 'spend', 'amounts')).to.deep.equal({ ann: [4, 8] })
  })

  it('leaves a state behind with the flag: it is not in the savepoint any more', async () => {
    const { folder } = await world()
    const flags = { drop: ['spend/total'], fresh: ['spend/total', 'spend/amounts'] }
    await runToEnd(changed, folder, flags)
    await rejects(runToEnd(without, folder), 'invalid', 'handoff-refused')
    const { savepoint } = await runToEnd(without, folder, { drop: ['spend/amounts'] })
    expect(savepoint.manifest.operators.map(({ states }) => states.map(({ name }) => name))).to.deep.equal([
      ['total'],
    ])
  })
})
