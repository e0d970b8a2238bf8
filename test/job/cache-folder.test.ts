import { expect } from 'chai'
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { privateCacheFolder } from '../../src/job/cache-folder.ts'
import { tempFolders } from '../temp-folder.ts'

describe('cache folder of job files', function () {
  if (process.getuid === undefined) return // users and modes are those of POSIX
  const user = process.getuid()
  const name = `headwater-${user}`
  const parent = tempFolders()

  it('is made for its user alone, and found again', async () => {
    const place = parent()
    const folder = await privateCacheFolder(place)
    expect(folder).to.equal(join(place, name))
    expect(statSync(folder ?? '').mode & 0o777).to.equal(0o700)
    expect(await privateCacheFolder(place)).to.equal(folder)
  })

  it('is not used when others may read or write it', async () => {
    for (const mode of [0o755, 0o701, 0o720, 0o777]) {
      const place = parent()
      mkdirSync(join(place, name))
      chmodSync(join(place, name), mode)
      expect(await privateCacheFolder(place), mode.toString(8)).to.equal(null)
    }
  })

  it('is not used when it is no folder, or a link to one', async () => {
    const [other, file] = [parent(), parent()]
    mkdirSync(join(other, 'elsewhere'), { mode: 0o700 })
    symlinkSync(join(other, 'elsewhere'), join(other, name))
    expect(await privateCacheFolder(other)).to.equal(null)
    writeFileSync(join(file, name), '', { mode: 0o600 })
    expect(await privateCacheFolder(file)).to.equal(null)
  })

  it('is not used when it is of another user', async function () {
    if (user !== 0) return this.skip() // only root can give folders away
    const place = parent()
    mkdirSync(join(place, name), { mode: 0o700 })
    chownSync(join(place, name), 12345, 12345)
    expect(await privateCacheFolder(place)).to.equal(null)
  })

  it('is done without where it can not be made', async () => {
    expect(await privateCacheFolder(join(parent(), 'missing'))).to.equal(null)
  })
})
