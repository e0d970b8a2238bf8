import { expect } from 'chai'
import { join } from 'node:path'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { source } from '../../src/source/declare.ts'
import { value } from '../../src/state/state.ts'
import { tempFolders } from '../temp-folder.ts'
import { bootstrapFrom, entries, foreignHistory, lines, runToEnd, stateDigest, worldLog } from './world.ts'

const schema = { customer: t.string(), amount: t.float64(), at: t.timestamp('ms') }
const purchases = source('purchases', { schema, eventTime: 'at' })
const retail = job('retail')
  .from(purchases)
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.float64(), 0) },
    onRecord(purchase, { total }, out) {
      total.set(total.get() + purchase.amount)
      out.emit({ customer: out.key, total: total.get() })
    },
  })
  .to('totals')

describe('live run', () => {
  const folders = tempFolders()

  it('goes on from a savepoint: totals of history and live together', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await log.append(0, { customer: 'ann', amount: 10, at: 1 }, { customer: 'bob', amount: 1, at: 2 })
    await log.append(1, { customer: 'cid', amount: 100, at: 3 })
    await foreignHistory(folder, 'purchases', schema, [
      { partition: 0, offset: 0, value: { customer: 'ann', amount: 10, at: 1 } },
      { partition: 0, offset: 1, value: { customer: 'bob', amount: 1, at: 2 } },
      { partition: 1, offset: 0, value: { customer: 'cid', amount: 100, at: 3 } },
    ])
    await bootstrapFrom(retail, folder)
    await log.append(0, { customer: 'ann', amount: 5, at: 4 })
    await log.append(1, { customer: 'dan', amount: 7, at: 5 })
    const result = await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    expect(result.reason).to.equal('end')
    expect(await entries(result.savepoint, 'spend', 'total')).to.deep.equal({ ann: 15, bob: 1, cid: 100, dan: 7 })
    expect(lines(folder, 'totals')).to.have.deep.members([{ customer: 'ann', total: 15 }, { customer: 'dan', total: 7 }])
    expect(result.savepoint.manifest.stateDigest).to.equal(await stateDigest(result.savepoint))
    expect(result.progress).to.deep.include({ records: 2, emitted: 2, late: 0, bad: 0 })
  })
})
