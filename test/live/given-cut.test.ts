/** Histories that do not carry log positions: nothing is guessed, and what is given is used. */
import { expect } from 'chai'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap, type Positions } from '../../src/bootstrap/bootstrap.ts'
import { job } from '../../src/job/builder.ts'
import { fieldsOf } from '../../src/record/record.ts'
import { t } from '../../src/record/type.ts'
import type { Savepoint } from '../../src/savepoint/savepoint.ts'
import { source } from '../../src/source/declare.ts'
import { parquet } from '../../src/source/parquet.ts'
import { writeRows } from '../../src/source/parquet/rows-writer.ts'
import { value } from '../../src/state/state.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, schema } from './retail.ts'
import { entries, lines, runToEnd, worldLog } from './world.ts'

const retail = job('retail')
  .from(source('purchases', { schema, eventTime: 'at', handoffLatenessMs: 30 }))
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.float64(), 0) },
    onRecord({ amount }, { total }, out) {
      total.set(total.get() + amount)
      out.emit({ total: total.get(), late: (out.time as number) <= out.watermark })
    },
  })
  .to('totals')

describe('a history without positions', () => {
  const folders = tempFolders()

  async function world(cut?: Positions): Promise<{ folder: string; from: string; savepoint: Savepoint }> {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await log.append(
      0,
      purchase('ann', 1, 100),
      purchase('ann', 2, 50),
      purchase('ann', 4, 69),
      purchase('ann', 8, 70),
    )
    mkdirSync(join(folder, 'history'))
    const rows = [purchase('ann', 2, 50), purchase('ann', 1, 100)]
    await writeRows(join(folder, 'history', 'all.parquet'), fieldsOf(schema), rows)
    const from = join(folder, 'savepoint')
    const history = { purchases: parquet(join(folder, 'history')) }
    const savepoint = await bootstrap(retail, { history, into: from, ...(cut && { cut }) })
    return { folder, from, savepoint }
  }

  it('is not gone on from while nobody says where it ends', async () => {
    const { folder, from } = await world()
    const error = await rejects(runToEnd(retail, folder, { from }), 'invalid', 'handoff-refused')
    expect(error.message).to.contain('approximate: source purchases').and.to.contain('--cut')
  })

  it('goes on at the cut that was given, at its watermark set back by the lateness', async () => {
    const { folder, from } = await world({ purchases: { 0: 2 } })
    await runToEnd(retail, folder, { from })
    // The history's largest time is 100: 30 less is 70, so the log begins at watermark 69.
    expect(lines(folder, 'totals')).to.deep.equal([
      { total: 7, late: true },
      { total: 15, late: false },
    ])
  })

  it('is bound to the log that it first went on with', async () => {
    const { folder, from } = await world({ purchases: { 0: 2 } })
    const { savepoint } = await runToEnd(retail, folder, { from })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 15 })
    rmSync(join(folder, 'log-purchases'), { recursive: true })
    const other = await worldLog(folder, 'purchases', schema, 1)
    for (let i = 0; i < 6; i++) await other.append(0, purchase('eve', 1))
    const error = await rejects(runToEnd(retail, folder), 'invalid', 'handoff-refused')
    expect(error.message).to.contain('log-recreated')
  })
})
