/** Restate #4614: editing a key that never had state did not work; and an edit that rests on an old value must not win. */
import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { keyCodec } from '../../src/record/key.ts'
import { edit } from '../../src/repair/edit.ts'
import { scanState } from '../../src/savepoint/scan.ts'
import { purchase, retail, schema } from '../live/retail.ts'
import { begin, entries, newest, runToEnd, worldLog } from '../live/world.ts'
import { rejects } from '../rejects.ts'
import { tempFolders } from '../temp-folder.ts'

const total = { uid: 'spend', state: 'total' }

describe('failure 16: edits of keys without state, and stale edits', () => {
  const folders = tempFolders()

  async function world() {
    const folder = folders()
    const log = await worldLog(folder, 'purchases', schema, 1)
    await begin(retail, folder)
    return { folder, log, into: join(folder, 'edited') }
  }

  it('a key that never had state gets one, in its key group, and the run goes on with it', async () => {
    const { folder, log, into } = await world()
    const { savepoint } = await edit(join(folder, 'savepoint'), [{ ...total, key: 'eve', set: 40 }], { into })
    const { key } = savepoint!.manifest.operators[0]!
    for await (const rows of scanState(savepoint!, 'spend', 'total'))
      expect([...rows.keyGroups]).to.deep.equal([keyCodec(key).group('eve', savepoint!.manifest.keyGroups)])
    await log.append(0, purchase('eve', 2), purchase('ann', 1))
    await runToEnd(retail, folder, { from: into })
    expect(await entries(await newest(folder), 'spend', 'total')).to.deep.equal({ eve: 42, ann: 1 })
  })

  it('an edit that expects an older value is refused as a whole', async () => {
    const { folder, log, into } = await world()
    await log.append(0, purchase('ann', 1), purchase('bob', 1))
    await runToEnd(retail, folder, { from: join(folder, 'savepoint') })
    const edits = ['ann', 'bob'].map(key => ({ ...total, key, set: 5, expect: 1 }))
    await log.append(0, purchase('bob', 1))
    await runToEnd(retail, folder)
    const checkpoints = join(folder, 'checkpoints')
    const error = await rejects(edit(checkpoints, edits, { into }), 'conflict', 'stale-edit')
    expect(error.message).to.contain('"bob"').and.not.to.contain('"ann"')
    expect(existsSync(into)).to.equal(false)
    expect(await entries(await newest(folder), 'spend', 'total')).to.deep.equal({ ann: 1, bob: 2 })
  })
})
