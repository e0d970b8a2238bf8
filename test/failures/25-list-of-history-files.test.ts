/** The list of all history files, copied into everything that is kept: only the savepoint made of them has it. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { purchase, retail, schema } from '../live/retail.ts'
import { bootstrapFrom, newest, runToEnd, worldLog } from '../live/world.ts'
import { tempFolders } from '../temp-folder.ts'

describe('failure 25: the list of history files', () => {
  const folders = tempFolders()

  it('stays in the savepoint; checkpoints name that by its digest', async () => {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    for (let i = 1; i <= 12; i++) {
      await log.append(0, purchase('ann', i))
      await log.archive(i)
    }
    const savepoint = await bootstrapFrom(retail, folder)
    expect(savepoint.manifest.history[0]?.files).to.have.lengthOf(12)
    await log.append(0, purchase('ann', 1))
    await runToEnd(retail, folder, { from: join(folder, 'savepoint'), checkpointEveryMs: 0 })
    for (const number of [1, 2, 3]) {
      const text = readFileSync(join(folder, 'checkpoints', 'manifests', `0000000${number}.json`), 'utf8')
      expect(text).not.to.contain('.parquet')
    }
    const { parents } = (await newest(folder)).manifest
    expect(parents.map(({ manifestDigest }) => manifestDigest)).to.deep.equal([
      savepoint.manifest.manifestDigest,
    ])
  })
})
