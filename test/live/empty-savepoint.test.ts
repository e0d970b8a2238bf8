import { expect } from 'chai'
import { join } from 'node:path'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'
import { purchase, retail, schema } from './retail.ts'
import { begin, entries, runToEnd, worldLog } from './world.ts'

describe('empty savepoint', () => {
  const folders = tempFolders()

  it('begins a job at the first records that its logs have', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 2)
    await log.append(0, purchase('ann', 1))
    await log.append(0, purchase('ann', 2))
    await log.trim(1)
    const savepoint = await begin(retail, folder)
    expect(savepoint.manifest.sources[0]?.partitions.map(({ next }) => next)).to.deep.equal([1, 0])
    expect(savepoint.manifest.stateDigest).to.equal(await stateDigest(savepoint))
    const { savepoint: end } = await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    expect(await entries(end, 'spend', 'total')).to.deep.equal({ ann: 2 })
  })

  it('is of one log: another one in its place is refused', async () => {
    const folder = folders()
    await worldLog(folder, 'purchases', schema, 2)
    await begin(retail, folder)
    const other = folders()
    await worldLog(other, 'purchases', schema, 2)
    const running = runToEnd(retail, other, { from: join(folder, 'savepoint') })
    expect((await rejects(running, 'invalid', 'handoff-refused')).message).to.contain('log-recreated')
  })

  it('never takes the place of a savepoint', async () => {
    const folder = folders()
    await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    await rejects(begin(retail, folder), 'conflict', 'savepoint-exists')
  })
})
