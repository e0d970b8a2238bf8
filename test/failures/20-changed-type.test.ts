/** Kafka Streams and others: state of an older version met a changed type and was read wrongly, or was to be deleted. */
import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HandoffRefused } from '../../src/handoff/refuse.ts'
import { job } from '../../src/job/builder.ts'
import { t } from '../../src/record/type.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { value } from '../../src/state/state.ts'
import { purchase, purchases, retail, schema } from '../live/retail.ts'
import { begin, entries, newest, runToEnd, worldLog } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'

/** The next version of the job: whole cents as a bigint. */
const changed = job('retail')
  .from(purchases)
  .keyBy('customer')
  .apply('spend', {
    state: { total: value(t.int64(), 0n) },
    onRecord({ amount }, { total }, out) {
      total.set(total.get() + BigInt(Math.round(amount * 100)))
      out.emit({ customer: out.key, total: String(total.get()) })
    },
  })
  .to('totals')

describe('failure 20: state of another type', () => {
  const folders = tempFolders()

  async function world() {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    await log.append(0, purchase('ann', 1.25), purchase('bob', 3))
    await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    return { folder, log }
  }

  it('is reported before anything is read or written, and nothing advises to delete it', async () => {
    const { folder } = await world()
    const manifests = join(folder, 'checkpoints', 'manifests')
    const before = readdirSync(manifests).map(file => readFileSync(join(manifests, file), 'utf8'))
    const refused: unknown = await runToEnd(changed, folder).catch((error: unknown) => error)
    expect(refused).to.be.instanceOf(HandoffRefused)
    const { message } = refused as Error
    expect(message).to.contain('spend/total').and.contain('value of int64').and.contain('value of float64')
    expect(message).not.to.match(/delete|remove/i)
    expect(message).to.contain('headwater rewrite SAVEPOINT --retype spend/total=int64 --into NEW')
    expect(readdirSync(manifests).map(file => readFileSync(join(manifests, file), 'utf8'))).to.deep.equal(
      before,
    )
  })

  it('is migrated by a rewrite that says how, and by nothing else', async () => {
    const { folder, log } = await world()
    const into = join(folder, 'migrated')
    const { savepoint } = await rewrite(join(folder, 'checkpoints'), {
      into,
      retype: { 'spend/total': t.int64().spec },
      map: ({ value: dollars }) => BigInt(Math.round((dollars as number) * 100)),
    })
    expect(await entries(savepoint!, 'spend', 'total')).to.deep.equal({ ann: 125n, bob: 300n })
    await log.append(0, purchase('ann', 0.5))
    await runToEnd(changed, folder, { from: into, checkpoints: join(folder, 'checkpoints-2') })
    expect((await newest(folder)).manifest.operators[0]?.states[0]?.type).to.deep.equal({ kind: 'float64' })

    const last = await openSavepoint(join(folder, 'checkpoints-2'))
    expect(await entries(last, 'spend', 'total')).to.deep.equal({ ann: 175n, bob: 300n })
  })
})
