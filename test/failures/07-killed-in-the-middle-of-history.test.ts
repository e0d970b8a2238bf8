/** Pathway: killed in the middle of history, twice quickly. No half-written state may be certified. */
import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from '../../src/bootstrap/bootstrap.ts'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { startChild } from '../child.ts'
import { memoryHistory } from '../laws/memory-history.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { entries, runToEnd, worldLog } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'

describe('failure 7: killed in the middle of history', () => {
  const folders = tempFolders()
  const program = new URL('./07-killed-child.ts', import.meta.url)

  async function killed(into: string, phase: string): Promise<void> {
    const child = startChild(program, into, phase)
    expect(await child.nextLine()).to.equal(phase)
    await child.kill()
  }

  it('leaves nothing that a run would begin with, and the next attempt is whole', async () => {
    const folder = folders()
    const into = join(folder, 'savepoint')
    await worldLog(folder, 'purchases', schema, 1)
    for (const phase of ['fold', 'commit']) {
      await killed(into, phase)
      await rejects(openSavepoint(into), 'invalid', 'not-a-savepoint')
      await rejects(runToEnd(retail, folder, { from: into }), 'invalid', 'not-a-savepoint')
    }
    const left = readdirSync(join(into, 'segments'))
    expect(left.length).to.be.greaterThan(0)
    const value = purchase('ann', 7)
    const history = memoryHistory([{ source: 'purchases', partition: 0, offset: 0, value }])
    const savepoint = await bootstrap(retail, { history: { purchases: history }, into })
    expect(await entries(savepoint, 'spend', 'total')).to.deep.equal({ ann: 7 })
    expect(readdirSync(join(into, 'segments')).some(name => left.includes(name))).to.equal(false)
  })
})
