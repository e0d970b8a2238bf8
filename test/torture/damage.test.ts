/** Parts of `npm run torture`: damage that `verify` must find, and savepoints from a stranger that no command may fall over. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { damagedStates, flips, truncations } from '../../tools/torture/damage.ts'
import { fuzz, writeOriginals } from '../../tools/torture/fuzz.ts'
import { disorder } from '../../tools/torture/mutations.ts'
import { randomFrom } from '../../tools/torture/random.ts'
import { edit } from '../../src/repair/edit.ts'
import { rewrite } from '../../src/repair/rewrite.ts'
import { stateDigest } from '../../src/savepoint/digest.ts'
import { verifySavepoint } from '../../src/savepoint/verify.ts'
import { writeLayered } from '../savepoint/layered.ts'
import { rejects } from '../rejects.ts'
import { sharedFolder, tempFolders } from '../temp-folder.ts'

describe('a savepoint with everything in it', function () {
  this.timeout(120_000)
  const folder = sharedFolder()
  const scratch = tempFolders()
  const savepoint = (): string => join(folder(), 'savepoint')

  before(() => writeLayered(savepoint(), { keys: 24, blockBytes: 2048, states: damagedStates }))

  it('has a flipped bit found anywhere', async () => {
    const { tried, missed } = await flips(savepoint(), 50, randomFrom(5))
    expect(missed).to.deep.equal([])
    expect(tried).to.equal(50)
  })

  it('has every truncation found', async () => {
    const { tried, missed } = await truncations(savepoint(), 16_384)
    expect(missed).to.deep.equal([])
    expect(tried).to.be.greaterThan(70)
    expect((await verifySavepoint(savepoint())).findings).to.deep.equal([])
  })

  it('whose rows are out of order, with right checksums, is damaged to all that read it whole', async () => {
    const place = scratch()
    const path = join(place, 'savepoint')
    await writeLayered(path, { keys: 24, states: damagedStates })
    await disorder(path)
    expect((await verifySavepoint(path)).sound).to.equal(false)
    const into = join(place, 'edited')
    for (const work of [
      () => stateDigest(path),
      () => edit(path, [], { into }),
      () => rewrite(path, { into, renameUid: { spend: 'spent' } }),
    ])
      await rejects(work(), 'data', 'corrupt-segment')
    expect(existsSync(into)).to.equal(false)
  })

  it('mutated, with its checksums made right again, is read or refused by every command', async () => {
    const place = scratch()
    mkdirSync(place, { recursive: true })
    const originals = await writeOriginals(place)
    const { failures, refused, commands } = await fuzz({
      originals,
      scratch: place,
      count: 12,
      random: randomFrom(11),
    })
    expect(failures).to.deep.equal([])
    expect(refused).to.be.within(commands / 10, commands - 1)
  })
})
