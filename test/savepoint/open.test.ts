import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { openSavepoint } from '../../src/savepoint/open.ts'
import { failureOf } from './failing.ts'
import { inTempFolder } from './samples.ts'
import { codes, makeSavepoint } from './small-savepoints.ts'

describe('opening a savepoint', () => {
  it('says what is there instead', () =>
    inTempFolder(async root => {
      const found = async (path: string): Promise<string> => {
        const { kind, code, found: what } = await failureOf(() => openSavepoint(path))
        return `${kind} ${code}: ${what}`
      }
      expect(await found(join(root, 'none'))).to.match(/^invalid no-such-file/)
      expect(await found(root)).to.equal('invalid not-a-savepoint: an empty folder')
      await writeFile(join(root, 'a.txt'), '')
      expect(await found(root)).to.equal('invalid not-a-savepoint: a folder with a.txt')
      expect(await found(join(root, 'a.txt'))).to.equal('invalid not-a-savepoint: a file named a.txt')
      await mkdir(join(root, 'store/manifests'), { recursive: true })
      expect(await found(join(root, 'store'))).to.contain('without any')
    }))

  it('refuses segments that are a link out of the folder', async function () {
    if (process.platform === 'win32') return this.skip()
    await inTempFolder(async root => {
      const { symlink } = await import('node:fs/promises')
      await makeSavepoint(join(root, 'savepoint'))
      await rename(join(root, 'savepoint/segments'), join(root, 'elsewhere'))
      await symlink(join(root, 'elsewhere'), join(root, 'savepoint/segments'))
      expect(codes(await failureOf(() => openSavepoint(join(root, 'savepoint'))))).to.equal(
        'data corrupt-savepoint',
      )
    })
  })
})
